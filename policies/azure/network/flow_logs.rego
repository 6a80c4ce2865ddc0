# METADATA
# title: Networks have flow logs
# description: Who looks for an intruder wants to know which machines talked with whom.
# custom:
#   severity: medium
#   fix: Add azurerm_network_watcher_flow_log whose target_resource_id is the network.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-4"]
#   id: azure-network-flow-logs
#   level: advisory
#   resources: [azurerm_virtual_network]
#   subjects: [virtual network flow log, vnet flow log]
package terrace.azure.network.flow_logs

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no flow logs") if {
	some r in plan.planned("azurerm_virtual_network")
	count(plan.associated(r, "azurerm_network_watcher_flow_log", "target_resource_id")) == 0
}
