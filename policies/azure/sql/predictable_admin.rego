# METADATA
# title: Administrators of databases have names that are not guessed
# description: Who tries passwords begins with admin, root and sa.
# custom:
#   severity: low
#   fix: Set administrator_login to a name that says nothing.
#   controls:
#     iso-27001-2022: ["A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-sql-predictable-admin
#   level: advisory
#   resources:
#     - azurerm_mssql_server
#     - azurerm_mssql_managed_instance
#     - azurerm_mysql_flexible_server
#     - azurerm_postgresql_flexible_server
#     - azurerm_sql_server
#     - azurerm_mysql_server
#     - azurerm_postgresql_server
#     - azurerm_sql_active_directory_administrator
#   subjects:
#     - predictable account
#     - predictable admin
#     - administrator login
package terrace.azure.sql.predictable_admin

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server",
	"azurerm_mssql_managed_instance",
	"azurerm_mysql_flexible_server",
	"azurerm_postgresql_flexible_server",
	"azurerm_sql_server",
	"azurerm_mysql_server",
	"azurerm_postgresql_server",
]

guessed := {"admin", "administrator", "root", "sa", "sysadmin", "sqladmin", "dbadmin", "dbmanager", "dbmaster", "azuread", "adminuser", "user"}

deny contains plan.finding(r, ["administrator_login"], message) if {
	some r in plan.planned_any(types)
	lower(plan.value(r, ["administrator_login"], "")) in guessed
}

deny contains plan.finding(r, ["login"], message) if {
	some r in plan.planned("azurerm_sql_active_directory_administrator")
	lower(plan.value(r, ["login"], "")) in guessed
}

message := "has an administrator whose name is guessed"
