# METADATA
# title: Diagnostic settings send logs
# description: A setting with metrics alone tells nothing of who did what.
# custom:
#   severity: low
#   fix: Add enabled_log with category_group = "allLogs" or "audit".
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-monitor-diagnostic-logs
#   level: advisory
#   resources: [azurerm_monitor_diagnostic_setting]
#   subjects:
#     - diagnostic setting logs
#     - diagnostic setting enabled
#     - azurerm_monitor_diagnostic_setting.enabled_log
#     - azurerm_monitor_diagnostic_setting.log
package terrace.azure.monitor.diagnostic_logs

import data.terrace.lib.plan

deny contains plan.finding(r, ["enabled_log"], "sends no logs") if {
	some r in plan.planned("azurerm_monitor_diagnostic_setting")
	not plan.present(r, ["enabled_log"])
	not logs(r)
}

# The block of azurerm 2 and 3.
logs(r) if {
	some log in plan.blocks(r, ["log"])
	object.get(log, "enabled", true) == true
}
