# METADATA
# title: Defender watches APIs
# description: On the tier Free, Defender for Cloud tells of no attacks on APIs.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-apis
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender API
package terrace.azure.defender.apis

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch APIs") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "api"
	lower(plan.certain(r, path, "Free")) != "standard"
}
