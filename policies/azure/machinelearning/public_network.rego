# METADATA
# title: Machine Learning workspaces are closed to public networks
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-machinelearning-public-network
#   level: soft-mandatory
#   resources: [azurerm_machine_learning_workspace]
#   subjects:
#     - azurerm_machine_learning_workspace.public_network_access_enabled
#     - azurerm_machine_learning_workspace.public_access_behind_virtual_network_enabled
#     - ML public access
#     - ML workspace public network
#     - machine learning public
package terrace.azure.machinelearning.public_network

import data.terrace.lib.plan

# The name of now, and those of older versions of the provider.
paths := [["public_network_access_enabled"], ["public_access_behind_virtual_network_enabled"]]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_machine_learning_workspace")
	path := plan.named(r, paths)
	plan.certain(r, path, true) != false
}
