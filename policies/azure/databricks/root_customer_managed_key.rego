# METADATA
# title: Files of Databricks workspaces are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Set customer_managed_key_enabled to true, and add azurerm_databricks_workspace_root_dbfs_customer_managed_key.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-databricks-root-customer-managed-key
#   level: advisory
#   resources: [azurerm_databricks_workspace]
#   subjects:
#     - Databricks DBFS root encrypted customer managed key
#     - Databricks root customer managed key
#     - azurerm_databricks_workspace.customer_managed_key_enabled
package terrace.azure.databricks.root_customer_managed_key

import data.terrace.lib.plan

deny contains plan.finding(r, ["customer_managed_key_enabled"], "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_databricks_workspace")
	lower(plan.value(r, ["sku"], "")) == "premium"
	not encrypted(r)
}

encrypted(r) if {
	plan.value(r, ["customer_managed_key_enabled"], false) == true
	count(plan.associated(r, "azurerm_databricks_workspace_root_dbfs_customer_managed_key", "workspace_id")) > 0
}
