# METADATA
# title: The default storage of Databricks is closed
# description: Files of the workspace are read by who has their key, from anywhere.
# custom:
#   severity: low
#   fix: Set default_storage_firewall_enabled to true, with access_connector_id.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-databricks-storage-firewall
#   level: advisory
#   resources: [azurerm_databricks_workspace]
#   subjects:
#     - azurerm_databricks_workspace.default_storage_firewall_enabled
#     - Databricks storage firewall
package terrace.azure.databricks.storage_firewall

import data.terrace.lib.plan

path := ["default_storage_firewall_enabled"]

deny contains plan.finding(r, path, "has open storage") if {
	some r in plan.planned("azurerm_databricks_workspace")
	plan.certain(r, path, false) != true
}
