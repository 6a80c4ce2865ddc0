# METADATA
# title: SQL servers have an administrator from Entra ID
# description: With one, people log in with the accounts of their organisation, with its factors and its leavers.
# custom:
#   severity: high
#   fix: Add azuread_administrator with login_username and object_id; azure_active_directory_administrator for managed instances.
#   controls:
#     cis-azure-3.0.0: ["5.1.4"]
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-sql-entra-admin
#   level: soft-mandatory
#   resources: [azurerm_mssql_server, azurerm_mssql_managed_instance, azurerm_sql_server]
#   subjects:
#     - SQL with AD
#     - SQL active directory
#     - SQL AD admin
#     - SQL azuread
#     - SQL entra
#     - active directory admin
#     - azurerm_mssql_server.azuread_administrator
#     - azurerm_mssql_managed_instance.azure_active_directory_administrator
package terrace.azure.sql.entra_admin

import data.terrace.lib.plan

deny contains plan.finding(r, ["azuread_administrator"], message) if {
	some r in plan.planned("azurerm_mssql_server")
	not named(r)
}

named(r) if {
	some field in ["login_username", "object_id", "tenant_id"]
	plan.present(r, ["azuread_administrator", 0, field])
}

deny contains plan.finding(r, ["azure_active_directory_administrator"], message) if {
	some r in plan.planned("azurerm_mssql_managed_instance")
	not plan.present(r, ["azure_active_directory_administrator"])
	count(plan.associated(r, "azurerm_mssql_managed_instance_active_directory_administrator", "managed_instance_id")) == 0
}

deny contains plan.finding(r, [], message) if {
	some r in plan.planned("azurerm_sql_server")
	count(plan.associated(r, "azurerm_sql_active_directory_administrator", "server_name")) == 0
}

message := "has no administrator from Entra ID"
