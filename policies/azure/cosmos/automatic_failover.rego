# METADATA
# title: Cosmos DB fails over by itself
# description: Otherwise writes stop until somebody acts.
# custom:
#   severity: medium
#   fix: Set automatic_failover_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-cosmos-automatic-failover
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - Cosmos failover
#     - azurerm_cosmosdb_account.automatic_failover
#     - azurerm_cosmosdb_account.automatic_failover_enabled
package terrace.azure.cosmos.automatic_failover

import data.terrace.lib.plan

# The name of now, and that of older versions of the provider.
paths := [["automatic_failover_enabled"], ["enable_automatic_failover"]]

deny contains plan.finding(r, path, "does not fail over by itself") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	path := plan.named(r, paths)
	plan.certain(r, path, false) != true
	not exempt(r)
}

# Where every region is written to, or there is one alone, nothing fails over.
exempt(r) if count(plan.value(r, ["geo_location"], [])) == 1

exempt(r) if {
	some name in ["multiple_write_locations_enabled", "enable_multiple_write_locations"]
	plan.value(r, [name], false) == true
}
