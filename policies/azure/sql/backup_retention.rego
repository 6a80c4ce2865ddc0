# METADATA
# title: SQL databases can be restored for a week
# description: A mistake is seen some days later.
# custom:
#   severity: medium
#   fix: Set retention_days in short_term_retention_policy to at least 7.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-sql-backup-retention
#   level: advisory
#   resources: [azurerm_mssql_database]
#   subjects:
#     - SQL backup retention
#     - SQL short term retention
#     - SQL point in time restore
#     - azurerm_mssql_database.short_term_retention_policy
package terrace.azure.sql.backup_retention

import data.terrace.lib.plan

path := ["short_term_retention_policy", 0, "retention_days"]

deny contains plan.finding(r, path, "can be restored for less than a week") if {
	some r in plan.planned("azurerm_mssql_database")
	plan.value(r, path, 7) < 7
}
