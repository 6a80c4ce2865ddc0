# METADATA
# title: Defender watches Cosmos DB
# description: On the tier Free, Defender for Cloud tells of no attacks on Cosmos DB.
# custom:
#   severity: medium
#   fix: Set tier to "Standard".
#   controls:
#     cis-azure-3.0.0: ["3.1.7.1"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-defender-cosmos
#   level: advisory
#   resources: [azurerm_security_center_subscription_pricing]
#   subjects:
#     - Defender cosmos
package terrace.azure.defender.cosmos

import data.terrace.lib.plan

path := ["tier"]

deny contains plan.finding(r, path, "does not watch Cosmos DB") if {
	some r in plan.planned("azurerm_security_center_subscription_pricing")
	lower(plan.value(r, ["resource_type"], "VirtualMachines")) == "cosmosdbs"
	lower(plan.certain(r, path, "Free")) != "standard"
}
