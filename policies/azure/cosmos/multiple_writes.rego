# METADATA
# title: Cosmos DB takes writes in every region
# description: With one region for writes, they stop during a failover.
# custom:
#   severity: low
#   fix: Set multiple_write_locations_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-cosmos-multiple-writes
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - Cosmos multi write
#     - Cosmos multiple write
#     - azurerm_cosmosdb_account.multiple_write_locations
package terrace.azure.cosmos.multiple_writes

import data.terrace.lib.plan

# The name of now, and that of older versions of the provider.
paths := [["multiple_write_locations_enabled"], ["enable_multiple_write_locations"]]

deny contains plan.finding(r, path, "takes writes in one region") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	path := plan.named(r, paths)
	plan.certain(r, path, false) != true
	count(plan.value(r, ["geo_location"], [])) != 1
}
