# METADATA
# title: SQL servers take accounts of Entra ID alone
# description: Passwords of SQL logins are shared, and nobody revokes them.
# custom:
#   severity: medium
#   fix: Set azuread_authentication_only in azuread_administrator to true; azuread_authentication_only_enabled for managed instances.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-sql-entra-only
#   level: advisory
#   resources: [azurerm_mssql_server, azurerm_mssql_managed_instance]
#   subjects:
#     - SQL authentication only
#     - SQL azuread only
#     - azurerm_mssql_server.azuread_authentication_only
package terrace.azure.sql.entra_only

import data.terrace.lib.plan

paths := {
	"azurerm_mssql_server": ["azuread_administrator", 0, "azuread_authentication_only"],
	"azurerm_mssql_managed_instance": ["azure_active_directory_administrator", 0, "azuread_authentication_only_enabled"],
}

deny contains plan.finding(r, path, "takes passwords of SQL logins") if {
	some type, path in paths
	some r in plan.planned(type)
	plan.certain(r, path, false) != true
}
