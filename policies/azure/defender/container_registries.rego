# METADATA
# title: Defender watches container registries
# description: On the tier Free, Defender for Cloud tells of no attacks on container registries.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-container-registries
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender container registry
#     - Defender container registries
package terrace.azure.defender.container_registries

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch container registries") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "containerregistry"
	lower(plan.certain(r, path, "Free")) != "standard"
}
