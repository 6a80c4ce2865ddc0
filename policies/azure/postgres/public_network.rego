# METADATA
# title: PostgreSQL servers are closed to public networks
# description: A database that answers the Internet is tried by everyone; applications reach it in their network.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, or give the server a delegated_subnet_id.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-postgres-public-network
#   level: soft-mandatory
#   resources: [azurerm_postgresql_flexible_server, azurerm_postgresql_server]
#   subjects:
#     - Postgre public
#     - Postgre public network
#     - Postgre public access
#     - Postgre server public access disabled
#     - azurerm_postgresql_flexible_server.public_network_access
#     - azurerm_postgresql_server.public_network_access
package terrace.azure.postgres.public_network

import data.terrace.lib.plan

types := ["azurerm_postgresql_flexible_server", "azurerm_postgresql_server"]

# The names of several versions of the provider.
paths := [["public_network_access"], ["public_network_access_enabled"]]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned_any(types)
	not plan.present(r, ["delegated_subnet_id"])
	path := plan.named(r, paths)
	not plan.certain(r, path, true) in {false, "Disabled"}
}
