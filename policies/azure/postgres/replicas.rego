# METADATA
# title: PostgreSQL servers have a replica
# description: A replica in another region takes over, and takes reads away.
# custom:
#   severity: low
#   fix: Add another server with create_mode = "Replica" and source_server_id.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-postgres-replicas
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server]
#   subjects:
#     - azurerm_postgresql_flexible_server.source_server_id
#     - Postgre replica
package terrace.azure.postgres.replicas

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no replica") if {
	some r in plan.planned("azurerm_postgresql_flexible_server")
	not plan.present(r, ["source_server_id"])
	count(plan.associated(r, "azurerm_postgresql_flexible_server", "source_server_id")) == 0
}
