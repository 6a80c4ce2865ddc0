# METADATA
# title: Flow logs are kept for 90 days
# description: Who finds an intruder late wants to know with whom the machines talked since.
# custom:
#   severity: medium
#   fix: Set enabled to true, and retention_policy with enabled = true and days = 90 or more.
#   controls:
#     cis-azure-3.0.0: ["7.5"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-4", "LT-6"]
#   id: azure-network-flow-log-retention
#   level: soft-mandatory
#   resources: [azurerm_network_watcher_flow_log]
#   subjects: [azurerm_network_watcher_flow_log.retention_policy, network watcher flow log period, network watcher flow log retention]
package terrace.azure.network.flow_log_retention

import data.terrace.lib.plan

deny contains plan.finding(r, ["enabled"], "is switched off") if {
	some r in plan.planned("azurerm_network_watcher_flow_log")
	plan.certain(r, ["enabled"], true) != true
}

deny contains plan.finding(r, ["retention_policy"], "is kept for less than 90 days") if {
	some r in plan.planned("azurerm_network_watcher_flow_log")
	not kept(r)
}

kept(r) if {
	plan.value(r, ["retention_policy", 0, "enabled"], false) == true
	enough(plan.value(r, ["retention_policy", 0, "days"], 0))
}

# 0 days is for ever.
enough(days) if days == 0

enough(days) if days >= 90
