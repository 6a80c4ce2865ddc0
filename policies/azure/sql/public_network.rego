# METADATA
# title: SQL servers are closed to public networks
# description: A server that answers the Internet is tried by everyone; applications reach it through a private endpoint.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     cis-azure-3.0.0: ["5.1.7"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-sql-public-network
#   level: soft-mandatory
#   resources: [azurerm_mssql_server]
#   subjects:
#     - azurerm_mssql_server.public_network_access_enabled
#     - SQL server public access
#     - SQL server public network
#     - SQL server no public
package terrace.azure.sql.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_mssql_server")
	plan.certain(r, path, true) != false
}
