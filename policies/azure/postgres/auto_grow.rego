# METADATA
# title: Storage of PostgreSQL grows by itself
# description: A full disk makes a server read-only.
# custom:
#   severity: low
#   fix: Set auto_grow_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-postgres-auto-grow
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server, azurerm_postgresql_server]
#   subjects:
#     - azurerm_postgresql_flexible_server.auto_grow_enabled
#     - azurerm_postgresql_server.auto_grow_enabled
#     - Postgre auto grow
#     - Postgre storage grow
package terrace.azure.postgres.auto_grow

import data.terrace.lib.plan

types := [
	"azurerm_postgresql_flexible_server",
	"azurerm_postgresql_server",
]

path := ["auto_grow_enabled"]

deny contains plan.finding(r, path, "does not grow its storage") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}
