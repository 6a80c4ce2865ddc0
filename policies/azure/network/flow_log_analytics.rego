# METADATA
# title: Flow logs are analysed
# description: A log that nobody reads tells nothing; traffic analytics shows who talks with whom.
# custom:
#   severity: low
#   fix: Add traffic_analytics with enabled = true and the workspace.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-4"]
#   id: azure-network-flow-log-analytics
#   level: advisory
#   resources: [azurerm_network_watcher_flow_log]
#   subjects: [azurerm_network_watcher_flow_log.traffic_analytics, network watcher flow log traffic analytics]
package terrace.azure.network.flow_log_analytics

import data.terrace.lib.plan

path := ["traffic_analytics", 0, "enabled"]

deny contains plan.finding(r, path, "is not analysed") if {
	some r in plan.planned("azurerm_network_watcher_flow_log")
	plan.certain(r, path, false) != true
}
