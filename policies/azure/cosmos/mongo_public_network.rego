# METADATA
# title: Mongo clusters are closed to public networks
# description: A database that answers the Internet is tried by everyone.
# custom:
#   severity: high
#   fix: Set public_network_access to "Disabled", and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-cosmos-mongo-public-network
#   level: soft-mandatory
#   resources: [azurerm_mongo_cluster]
#   subjects:
#     - azurerm_mongo_cluster.public_network_access
#     - Mongo cluster public
package terrace.azure.cosmos.mongo_public_network

import data.terrace.lib.plan

path := ["public_network_access"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_mongo_cluster")
	plan.certain(r, path, "Enabled") != "Disabled"
}
