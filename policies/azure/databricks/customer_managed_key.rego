# METADATA
# title: Databricks workspaces are encrypted with keys of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Set managed_services_cmk_key_vault_key_id and managed_disk_cmk_key_vault_key_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-databricks-customer-managed-key
#   level: advisory
#   resources: [azurerm_databricks_workspace]
#   subjects:
#     - azurerm_databricks_workspace.managed_services_cmk_key_vault_key_id
#     - azurerm_databricks_workspace.managed_disk_cmk_key_vault_key_id
#     - Databricks customer managed key
#     - Databricks CMK
package terrace.azure.databricks.customer_managed_key

import data.terrace.lib.plan

paths := [["managed_services_cmk_key_vault_key_id"], ["managed_disk_cmk_key_vault_key_id"]]

deny contains plan.finding(r, paths[0], "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_databricks_workspace")
	not some_present(r)
}

some_present(r) if {
	some path in paths
	plan.present(r, path)
}
