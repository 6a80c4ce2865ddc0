# METADATA
# title: Databricks workspaces are in a network of their owner
# description: In a network of Azure's, nothing of the organisation holds their traffic.
# custom:
#   severity: medium
#   fix: Set virtual_network_id, private_subnet_name and public_subnet_name in custom_parameters.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1"]
#   id: azure-databricks-network
#   level: advisory
#   resources: [azurerm_databricks_workspace]
#   subjects:
#     - azurerm_databricks_workspace.custom_parameters_virtual_network_id
#     - Databricks virtual network
#     - Databricks vnet
package terrace.azure.databricks.network

import data.terrace.lib.plan

path := ["custom_parameters", 0, "virtual_network_id"]

deny contains plan.finding(r, path, "is in a network of Azure") if {
	some r in plan.planned("azurerm_databricks_workspace")
	not plan.present(r, path)
}
