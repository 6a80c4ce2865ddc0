# METADATA
# title: SQL databases have backups for longer
# description: Backups of weeks are gone when a mistake is found after months.
# custom:
#   severity: low
#   fix: Add long_term_retention_policy.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-sql-long-term-retention
#   level: advisory
#   resources: [azurerm_mssql_database, azurerm_mssql_managed_database]
#   subjects:
#     - azurerm_mssql_database.long_term_retention_policy
#     - azurerm_mssql_managed_database.long_term_retention_policy
#     - SQL long term retention
#     - SQL LTR
package terrace.azure.sql.long_term_retention

import data.terrace.lib.plan

types := [
	"azurerm_mssql_database",
	"azurerm_mssql_managed_database",
]

path := ["long_term_retention_policy"]

deny contains plan.finding(r, path, "has no backups for longer") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
