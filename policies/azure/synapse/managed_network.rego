# METADATA
# title: Synapse workspaces have a network of their own
# description: In the shared network, jobs reach the Internet, and data can leave by it.
# custom:
#   severity: medium
#   fix: Set managed_virtual_network_enabled to true when the workspace is made.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-synapse-managed-network
#   level: advisory
#   resources: [azurerm_synapse_workspace]
#   subjects:
#     - azurerm_synapse_workspace.managed_virtual_network_enabled
#     - Synapse managed virtual network
#     - Synapse virtual network
package terrace.azure.synapse.managed_network

import data.terrace.lib.plan

path := ["managed_virtual_network_enabled"]

deny contains plan.finding(r, path, "runs in a shared network") if {
	some r in plan.planned("azurerm_synapse_workspace")
	plan.certain(r, path, false) != true
}
