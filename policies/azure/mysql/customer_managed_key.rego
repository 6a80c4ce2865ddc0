# METADATA
# title: MySQL servers are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add customer_managed_key with key_vault_key_id and primary_user_assigned_identity_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-mysql-customer-managed-key
#   level: advisory
#   resources: [azurerm_mysql_flexible_server, azurerm_mysql_server]
#   subjects:
#     - azurerm_mysql_flexible_server.customer_managed_key_key_vault_key_id
#     - azurerm_mysql_server.customer_managed_key_key_vault_key_id
#     - enables customer managed key
#     - MySQL customer managed key
#     - MySQL CMK
package terrace.azure.mysql.customer_managed_key

import data.terrace.lib.plan

types := [
	"azurerm_mysql_flexible_server",
	"azurerm_mysql_server",
]

deny contains plan.finding(r, ["customer_managed_key"], "is encrypted with a key of Azure") if {
	some r in plan.planned_any(types)
	not plan.present(r, ["customer_managed_key", 0, "key_vault_key_id"])
	count(plan.associated(r, "azurerm_mysql_server_key", "server_id")) == 0
}
