# METADATA
# title: Cosmos DB is in several regions
# description: In one region, the account is gone while the region is.
# custom:
#   severity: low
#   fix: Add another geo_location.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-cosmos-regions
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - Cosmos two regions
#     - Cosmos region
#     - Cosmos multi region
#     - Cosmos geo location
#     - azurerm_cosmosdb_account.geo_location
package terrace.azure.cosmos.regions

import data.terrace.lib.plan

path := ["geo_location"]

deny contains plan.finding(r, path, "is in one region") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	count(plan.value(r, path, [])) < 2
}
