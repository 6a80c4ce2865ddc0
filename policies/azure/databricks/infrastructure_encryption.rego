# METADATA
# title: Databricks workspaces are encrypted twice
# description: A second layer holds where the first is broken.
# custom:
#   severity: low
#   fix: Set infrastructure_encryption_enabled to true when the workspace is made.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-databricks-infrastructure-encryption
#   level: advisory
#   resources: [azurerm_databricks_workspace]
#   subjects:
#     - azurerm_databricks_workspace.infrastructure_encryption_enabled
#     - Databricks infrastructure encryption
package terrace.azure.databricks.infrastructure_encryption

import data.terrace.lib.plan

path := ["infrastructure_encryption_enabled"]

deny contains plan.finding(r, path, "is encrypted once") if {
	some r in plan.planned("azurerm_databricks_workspace")
	plan.certain(r, path, false) != true
}
