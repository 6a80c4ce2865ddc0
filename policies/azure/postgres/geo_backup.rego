# METADATA
# title: Backups of PostgreSQL are in another region, too
# description: Without, the database is lost with its region.
# custom:
#   severity: medium
#   fix: Set geo_redundant_backup_enabled to true when the server is made.
#   controls:
#     iso-27001-2022: ["A.8.13", "A.8.14"]
#     mcsb: ["BR-2"]
#   id: azure-postgres-geo-backup
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server, azurerm_postgresql_server]
#   subjects:
#     - azurerm_postgresql_flexible_server.geo_redundant_backup_enabled
#     - azurerm_postgresql_server.geo_redundant_backup_enabled
#     - Postgre geo backup
#     - Postgre geo redundant
package terrace.azure.postgres.geo_backup

import data.terrace.lib.plan

types := [
	"azurerm_postgresql_flexible_server",
	"azurerm_postgresql_server",
]

path := ["geo_redundant_backup_enabled"]

deny contains plan.finding(r, path, "has its backups in its region alone") if {
	some r in plan.planned_any(types)
	plan.value(r, ["create_mode"], "Default") != "Replica"
	plan.certain(r, path, false) != true
}
