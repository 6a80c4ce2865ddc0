# METADATA
# title: Cosmos DB for PostgreSQL has standbys
# description: Without, a node is gone until it is repaired.
# custom:
#   severity: low
#   fix: Set ha_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-cosmos-postgres-high-availability
#   level: advisory
#   resources: [azurerm_cosmosdb_postgresql_cluster]
#   subjects:
#     - azurerm_cosmosdb_postgresql_cluster.ha_enabled
#     - Cosmos Postgre high availability
package terrace.azure.cosmos.postgres_high_availability

import data.terrace.lib.plan

path := ["ha_enabled"]

deny contains plan.finding(r, path, "has no standbys") if {
	some r in plan.planned("azurerm_cosmosdb_postgresql_cluster")
	plan.certain(r, path, false) != true
}
