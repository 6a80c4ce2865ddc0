# METADATA
# title: Logs are kept for 90 days
# description: An attack is often found months later.
# custom:
#   severity: medium
#   fix: Set retention_in_days to at least 90.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-6"]
#   id: azure-monitor-workspace-retention
#   level: advisory
#   resources: [azurerm_log_analytics_workspace]
#   subjects:
#     - log analytics retention
#     - azurerm_log_analytics_workspace.retention_in_days
package terrace.azure.monitor.workspace_retention

import data.terrace.lib.plan

path := ["retention_in_days"]

deny contains plan.finding(r, path, "keeps logs for less than 90 days") if {
	some r in plan.planned("azurerm_log_analytics_workspace")
	plan.value(r, path, 30) < 90
}
