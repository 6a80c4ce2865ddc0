# METADATA
# title: Databricks workspaces are premium
# description: Standard has neither roles nor private endpoints nor keys of the owner.
# custom:
#   severity: low
#   fix: Set sku to "premium".
#   controls:
#     iso-27001-2022: ["A.5.15", "A.8.2"]
#     mcsb: ["PA-7"]
#   id: azure-databricks-sku
#   level: advisory
#   resources: [azurerm_databricks_workspace]
#   subjects:
#     - azurerm_databricks_workspace.sku
#     - Databricks sku
#     - Databricks premium
package terrace.azure.databricks.sku

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is of the sku standard") if {
	some r in plan.planned("azurerm_databricks_workspace")
	plan.certain(r, path, "") != "premium"
}
