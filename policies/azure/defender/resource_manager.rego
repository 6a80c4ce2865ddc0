# METADATA
# title: Defender watches Resource Manager
# description: On the tier Free, Defender for Cloud tells of no attacks on Resource Manager.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.9.1"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-resource-manager
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender resource manager
#     - Defender disabled for res manager
#     - Defender ARM
package terrace.azure.defender.resource_manager

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch Resource Manager") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "arm"
	lower(plan.certain(r, path, "Free")) != "standard"
}
