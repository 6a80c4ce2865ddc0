# METADATA
# title: Cosmos DB for PostgreSQL is closed to public networks
# description: A database that answers the Internet is tried by everyone.
# custom:
#   severity: high
#   fix: Set coordinator_public_ip_access_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-cosmos-postgres-public-access
#   level: soft-mandatory
#   resources: [azurerm_cosmosdb_postgresql_cluster]
#   subjects:
#     - azurerm_cosmosdb_postgresql_cluster.coordinator_public_ip_access_enabled
#     - Cosmos Postgre public
package terrace.azure.cosmos.postgres_public_access

import data.terrace.lib.plan

path := ["coordinator_public_ip_access_enabled"]

deny contains plan.finding(r, path, "has a public address") if {
	some r in plan.planned("azurerm_cosmosdb_postgresql_cluster")
	plan.certain(r, path, true) != false
}
