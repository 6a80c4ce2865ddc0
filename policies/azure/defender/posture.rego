# METADATA
# title: Defender watches the posture of the cloud
# description: On the tier Free, Defender for Cloud tells of no attacks on the posture of the cloud.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-posture
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender cloud posture
#     - Defender CSPM
package terrace.azure.defender.posture

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch the posture of the cloud") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "cloudposture"
	lower(plan.certain(r, path, "Free")) != "standard"
}
