# METADATA
# title: SQL databases have their backups in another region, too
# description: Without, the database is lost with its region.
# custom:
#   severity: medium
#   fix: Leave geo_backup_enabled at true.
#   controls:
#     iso-27001-2022: ["A.8.13", "A.8.14"]
#     mcsb: ["BR-2"]
#   id: azure-sql-geo-backup
#   level: advisory
#   resources: [azurerm_mssql_database, azurerm_synapse_sql_pool]
#   subjects:
#     - azurerm_mssql_database.geo_backup_enabled
#     - azurerm_synapse_sql_pool.geo_backup_enabled
#     - azurerm_mssql_database.geo_backup_policy_enabled
#     - azurerm_synapse_sql_pool.geo_backup_policy_enabled
#     - SQL geo backup
#     - SQL pool geo backup
package terrace.azure.sql.geo_backup

import data.terrace.lib.plan

types := [
	"azurerm_mssql_database",
	"azurerm_synapse_sql_pool",
]

# The name of now, and those of older versions of the provider.
paths := [["geo_backup_enabled"], ["geo_backup_policy_enabled"]]

deny contains plan.finding(r, path, "has its backups in its region alone") if {
	some r in plan.planned_any(types)
	path := plan.named(r, paths)
	plan.certain(r, path, true) != true
}
