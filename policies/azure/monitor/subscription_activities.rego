# METADATA
# title: Activity logs of subscriptions are kept with all their categories
# description: Who created, changed and deleted what is known afterwards only from these.
# custom:
#   severity: medium
#   fix: Add enabled_log with the categories Administrative, Alert, Policy and Security, or category_group = "allLogs".
#   controls:
#     cis-azure-3.0.0: ["6.1.2"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-monitor-subscription-activities
#   level: advisory
#   resources: [azurerm_monitor_diagnostic_setting]
#   subjects:
#     - diagnostic setting subscription
#     - activity log categories
#     - diagnostic setting categories
package terrace.azure.monitor.subscription_activities

import data.terrace.lib.plan

required := {"Administrative", "Alert", "Policy", "Security"}

deny contains plan.finding(r, ["enabled_log"], sprintf("leaves out %s", [concat(", ", sort(missing))])) if {
	some r in plan.planned("azurerm_monitor_diagnostic_setting")
	regex.match(`^/subscriptions/[^/]+$`, plan.value(r, ["target_resource_id"], ""))
	not everything(r)
	missing := required - {log.category | some log in logs(r); is_string(log.category)}
	count(missing) > 0
}

everything(r) if {
	some log in logs(r)
	log.category_group == "allLogs"
}

# Also the blocks of azurerm 2 and 3.
logs(r) := array.concat(plan.blocks(r, ["enabled_log"]), [log | some log in plan.blocks(r, ["log"]); log.enabled == true])
