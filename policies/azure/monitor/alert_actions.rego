# METADATA
# title: Alerts tell somebody
# description: An alert without an action is seen by chance.
# custom:
#   severity: medium
#   fix: Add action with the id of an action group.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#   id: azure-monitor-alert-actions
#   level: advisory
#   resources:
#     - azurerm_monitor_activity_log_alert
#     - azurerm_monitor_metric_alert
#     - azurerm_monitor_scheduled_query_rules_alert_v2
#   subjects:
#     - alert action
#     - alert notif
#     - azurerm_monitor_activity_log_alert.action
#     - azurerm_monitor_metric_alert.action
package terrace.azure.monitor.alert_actions

import data.terrace.lib.plan

types := ["azurerm_monitor_activity_log_alert", "azurerm_monitor_metric_alert", "azurerm_monitor_scheduled_query_rules_alert_v2"]

path := ["action"]

deny contains plan.finding(r, path, "tells nobody") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
