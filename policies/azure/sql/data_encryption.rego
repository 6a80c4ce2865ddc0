# METADATA
# title: SQL databases are encrypted
# description: Files and backups of a database that is not encrypted are read by whoever gets them.
# custom:
#   severity: high
#   fix: Leave transparent_data_encryption_enabled at true.
#   controls:
#     cis-azure-3.0.0: ["5.1.5"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-sql-data-encryption
#   level: soft-mandatory
#   resources: [azurerm_mssql_database]
#   subjects:
#     - azurerm_mssql_database.transparent_data_encryption_enabled
#     - SQL transparent data encryption
#     - SQL db encryption
#     - SQL data encryption
#     - SQL TDE
package terrace.azure.sql.data_encryption

import data.terrace.lib.plan

path := ["transparent_data_encryption_enabled"]

deny contains plan.finding(r, path, "is not encrypted") if {
	some r in plan.planned("azurerm_mssql_database")
	plan.certain(r, path, true) != true
}
