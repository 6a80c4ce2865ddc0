# METADATA
# title: SQL servers are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add azurerm_mssql_server_transparent_data_encryption with key_vault_key_id.
#   controls:
#     cis-azure-3.0.0: ["5.1.3"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-sql-customer-managed-key
#   level: advisory
#   resources: [azurerm_mssql_server, azurerm_mssql_managed_instance]
#   subjects:
#     - SQL server customer managed key
#     - SQL customer managed key
#     - SQL CMK
#     - SQL TDE key
#     - SQL protector
#     - azurerm_mssql_server.transparent_data_encryption_key_vault_key_id
package terrace.azure.sql.customer_managed_key

import data.terrace.lib.plan

path := ["transparent_data_encryption_key_vault_key_id"]

# What sets the key beside it, and by which argument it refers to it.
setters := {
	"azurerm_mssql_server": ["azurerm_mssql_server_transparent_data_encryption", "server_id"],
	"azurerm_mssql_managed_instance": ["azurerm_mssql_managed_instance_transparent_data_encryption", "managed_instance_id"],
}

deny contains plan.finding(r, path, "is encrypted with a key of Azure") if {
	some type, setter in setters
	some r in plan.planned(type)
	not plan.present(r, path)
	count([s | some s in plan.associated(r, setter[0], setter[1]); plan.present(s, ["key_vault_key_id"])]) == 0
}
