# METADATA
# title: Alerts are on
# description: An alert that is off tells nobody.
# custom:
#   severity: medium
#   fix: Leave enabled at true.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#   id: azure-monitor-alerts-enabled
#   level: advisory
#   resources:
#     - azurerm_monitor_activity_log_alert
#     - azurerm_monitor_metric_alert
#     - azurerm_monitor_scheduled_query_rules_alert
#     - azurerm_monitor_scheduled_query_rules_alert_v2
#     - azurerm_monitor_action_group
#   subjects:
#     - azurerm_monitor_activity_log_alert.enabled
#     - azurerm_monitor_metric_alert.enabled
#     - azurerm_monitor_scheduled_query_rules_alert.enabled
#     - azurerm_monitor_scheduled_query_rules_alert_v2.enabled
#     - alert enabled
#     - activity log alert enabled
#     - activity log alert
package terrace.azure.monitor.alerts_enabled

import data.terrace.lib.plan

types := [
	"azurerm_monitor_activity_log_alert",
	"azurerm_monitor_metric_alert",
	"azurerm_monitor_scheduled_query_rules_alert",
	"azurerm_monitor_scheduled_query_rules_alert_v2",
	"azurerm_monitor_action_group",
]

path := ["enabled"]

deny contains plan.finding(r, path, "is off") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != true
}
