# METADATA
# title: Defender watches containers
# description: On the tier Free, Defender for Cloud tells of no attacks on containers.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.4.1"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-containers
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender containers
package terrace.azure.defender.containers

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch containers") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "containers"
	lower(plan.certain(r, path, "Free")) != "standard"
}
