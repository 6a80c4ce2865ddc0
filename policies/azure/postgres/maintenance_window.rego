# METADATA
# title: PostgreSQL servers are maintained at a time of their own
# description: Otherwise updates come when the system likes, also in the busiest hour.
# custom:
#   severity: low
#   fix: Add maintenance_window.
#   controls:
#     iso-27001-2022: ["A.8.32"]
#   id: azure-postgres-maintenance-window
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server]
#   subjects:
#     - azurerm_postgresql_flexible_server.maintenance_window
#     - Postgre maintenance
#     - azurerm_postgresql_flexible_server.maintenance
package terrace.azure.postgres.maintenance_window

import data.terrace.lib.plan

path := ["maintenance_window"]

deny contains plan.finding(r, path, "is maintained at any time") if {
	some r in plan.planned("azurerm_postgresql_flexible_server")
	not plan.present(r, path)
}
