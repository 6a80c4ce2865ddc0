# METADATA
# title: Cosmos DB accounts are closed to public networks
# description: An account that answers the Internet is tried with every key that leaks.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-cosmos-public-network
#   level: soft-mandatory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - azurerm_cosmosdb_account.public_network_access_enabled
#     - Cosmos public network
#     - Cosmos public access
package terrace.azure.cosmos.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	plan.certain(r, path, true) != false
}
