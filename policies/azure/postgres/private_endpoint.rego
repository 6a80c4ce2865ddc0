# METADATA
# title: PostgreSQL servers are reached in their network
# description: In a subnet of their own or through a private endpoint, servers are reached from the network alone.
# custom:
#   severity: medium
#   fix: Set delegated_subnet_id, or add azurerm_private_endpoint with private_service_connection.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-postgres-private-endpoint
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server, azurerm_postgresql_server]
#   subjects:
#     - azurerm_postgresql_flexible_server.delegated_subnet_id
#     - azurerm_postgresql_server.delegated_subnet_id
#     - Postgre private endpoint
#     - Postgre priv end
package terrace.azure.postgres.private_endpoint

import data.terrace.lib.plan

types := [
	"azurerm_postgresql_flexible_server",
	"azurerm_postgresql_server",
]

deny contains plan.finding(r, ["delegated_subnet_id"], "has no private endpoint") if {
	some r in plan.planned_any(types)
	not plan.present(r, ["delegated_subnet_id"])
	count(plan.associated(r, "azurerm_private_endpoint", "private_service_connection")) == 0
}
