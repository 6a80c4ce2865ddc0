# METADATA
# title: MySQL servers have an administrator from Entra ID
# description: With one, people log in with the accounts of their organisation, with its factors and its leavers.
# custom:
#   severity: medium
#   fix: Add azurerm_mysql_flexible_server_active_directory_administrator with server_id.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-mysql-entra-admin
#   level: advisory
#   resources: [azurerm_mysql_flexible_server]
#   subjects:
#     - MySQL active directory
#     - MySQL entra
#     - MySQL AD admin
package terrace.azure.mysql.entra_admin

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no administrator from Entra ID") if {
	some r in plan.planned("azurerm_mysql_flexible_server")
	count(plan.associated(r, "azurerm_mysql_flexible_server_active_directory_administrator", "server_id")) == 0
}
