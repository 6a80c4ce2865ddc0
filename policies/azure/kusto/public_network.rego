# METADATA
# title: Data Explorer is closed to public networks
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-kusto-public-network
#   level: soft-mandatory
#   resources: [azurerm_kusto_cluster]
#   subjects:
#     - azurerm_kusto_cluster.public_network_access_enabled
#     - Data Explorer public
#     - kusto public
package terrace.azure.kusto.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_kusto_cluster")
	plan.certain(r, path, true) != false
}
