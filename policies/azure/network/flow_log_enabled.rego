# METADATA
# title: Flow logs are switched on
# description: A flow log that is switched off looks as if somebody watched.
# custom:
#   severity: medium
#   fix: Set enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-4"]
#   id: azure-network-flow-log-enabled
#   level: soft-mandatory
#   resources: [azurerm_network_watcher_flow_log]
#   subjects: [azurerm_network_watcher_flow_log.enabled]
package terrace.azure.network.flow_log_enabled

import data.terrace.lib.plan

path := ["enabled"]

deny contains plan.finding(r, path, "is switched off") if {
	some r in plan.planned("azurerm_network_watcher_flow_log")
	plan.certain(r, path, true) != true
}
