# METADATA
# title: Synapse workspaces are closed to public networks
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-synapse-public-network
#   level: soft-mandatory
#   resources: [azurerm_synapse_workspace]
#   subjects:
#     - azurerm_synapse_workspace.public_network_access_enabled
#     - Synapse public
package terrace.azure.synapse.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_synapse_workspace")
	plan.certain(r, path, true) != false
}
