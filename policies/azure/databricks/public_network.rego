# METADATA
# title: Databricks workspaces are closed to public networks
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add private endpoints.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-databricks-public-network
#   level: soft-mandatory
#   resources: [azurerm_databricks_workspace]
#   subjects:
#     - azurerm_databricks_workspace.public_network_access_enabled
#     - Databricks public
#     - Databricks not public
package terrace.azure.databricks.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_databricks_workspace")
	plan.certain(r, path, true) != false
}
