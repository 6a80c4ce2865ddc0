# METADATA
# title: MariaDB servers are closed to public networks
# description: A database that answers the Internet is tried by everyone.
# custom:
#   severity: high
#   fix: "Set public_network_access_enabled to false, and move to MySQL: Azure retires MariaDB."
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-mariadb-public-network
#   level: soft-mandatory
#   resources: [azurerm_mariadb_server]
#   subjects:
#     - azurerm_mariadb_server.public_network_access_enabled
#     - MariaDB public
package terrace.azure.mariadb.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_mariadb_server")
	plan.certain(r, path, true) != false
}
