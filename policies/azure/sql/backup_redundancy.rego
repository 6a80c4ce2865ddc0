# METADATA
# title: Backups of SQL are in more than one zone
# description: A backup that is lost with its zone is none.
# custom:
#   severity: medium
#   fix: Set storage_account_type to "Geo", "GeoZone" or "Zone".
#   controls:
#     iso-27001-2022: ["A.8.13", "A.8.14"]
#     mcsb: ["BR-2"]
#   id: azure-sql-backup-redundancy
#   level: advisory
#   resources: [azurerm_mssql_database, azurerm_mssql_managed_instance]
#   subjects:
#     - SQL backup storage redundancy
#     - SQL storage account type
#     - SQL backup redundan
#     - azurerm_mssql_managed_instance.storage_account_type
package terrace.azure.sql.backup_redundancy

import data.terrace.lib.plan

types := ["azurerm_mssql_database", "azurerm_mssql_managed_instance"]

path := ["storage_account_type"]

deny contains plan.finding(r, path, "has its backups in one zone") if {
	some r in plan.planned_any(types)
	plan.value(r, path, "Geo") in {"Local", "LRS"}
}
