# METADATA
# title: Regions of Cosmos DB are in several zones
# description: A region in one zone is gone while the zone is.
# custom:
#   severity: medium
#   fix: Set zone_redundant in geo_location to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-cosmos-zones
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - Cosmos zone
#     - azurerm_cosmosdb_account.zone_redundant
#     - azurerm_cosmosdb_account.geo_location_zone_redundant
package terrace.azure.cosmos.zones

import data.terrace.lib.plan

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	some i in numbers.range(0, max([0, count(plan.value(r, ["geo_location"], [])) - 1]))
	path := ["geo_location", i, "zone_redundant"]
	plan.certain(r, path, false) != true
}
