# METADATA
# title: Cosmos DB answers named origins alone
# description: With *, every page in a browser may ask the account.
# custom:
#   severity: medium
#   fix: Set allowed_origins in cors_rule to the origins that need it.
#   controls:
#     iso-27001-2022: ["A.8.26"]
#     mcsb: ["NS-2"]
#   id: azure-cosmos-cors
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - Cosmos CORS
#     - azurerm_cosmosdb_account.cors_rule
package terrace.azure.cosmos.cors

import data.terrace.lib.plan

deny contains plan.finding(r, ["cors_rule", i, "allowed_origins"], "answers every origin") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	some i, rule in plan.blocks(r, ["cors_rule"])
	"*" in rule.allowed_origins
}
