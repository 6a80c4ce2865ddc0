# METADATA
# title: Log Analytics has no daily limit that it reaches
# description: With a low daily_quota_gb, logs stop in the very hour when there is much to log.
# custom:
#   severity: low
#   fix: Leave out daily_quota_gb, or set it to more than a day needs.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-monitor-workspace-sku
#   level: advisory
#   resources: [azurerm_log_analytics_workspace]
#   subjects:
#     - log analytics daily quota
#     - azurerm_log_analytics_workspace.daily_quota_gb
package terrace.azure.monitor.workspace_sku

import data.terrace.lib.plan

path := ["daily_quota_gb"]

deny contains plan.finding(r, path, "stops to take logs after less than a gigabyte a day") if {
	some r in plan.planned("azurerm_log_analytics_workspace")
	quota := plan.value(r, path, -1)
	quota >= 0
	quota < 1
}
