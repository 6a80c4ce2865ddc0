# METADATA
# title: Subscriptions are told of the health of services
# description: An outage of Azure is otherwise looked for in the own code.
# custom:
#   severity: low
#   fix: Add azurerm_monitor_activity_log_alert with the category "ServiceHealth", and one with "ResourceHealth".
#   controls:
#     iso-27001-2022: ["A.8.16"]
#   id: azure-monitor-service-health
#   level: advisory
#   resources: [azurerm_monitor_activity_log_alert]
#   subjects:
#     - resource health alert
#     - service health alert
package terrace.azure.monitor.service_health

import data.terrace.lib.plan

wanted := {"ServiceHealth", "ResourceHealth"}

# Where a plan has alerts of activities at all, it has those.
deny contains plan.finding(first, ["criteria"], sprintf("has no alert of %s beside it", [category])) if {
	some category in (wanted - alerted)
	first := plan.planned("azurerm_monitor_activity_log_alert")[0]
}

alerted := {plan.value(r, ["criteria", 0, "category"], "") | some r in plan.planned("azurerm_monitor_activity_log_alert")}
