# METADATA
# title: Monitor workspaces are closed to public networks
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-monitor-workspace-public-network
#   level: advisory
#   resources: [azurerm_monitor_workspace, azurerm_monitor_data_collection_endpoint]
#   subjects:
#     - azurerm_monitor_workspace.public_network_access_enabled
#     - azurerm_monitor_data_collection_endpoint.public_network_access_enabled
#     - monitor workspace public
#     - data collection endpoint public
package terrace.azure.monitor.workspace_public_network

import data.terrace.lib.plan

types := [
	"azurerm_monitor_workspace",
	"azurerm_monitor_data_collection_endpoint",
]

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != false
}
