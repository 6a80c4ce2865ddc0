# METADATA
# title: Alerts call webhooks by HTTPS
# description: Plain HTTP shows alerts to everyone on the way.
# custom:
#   severity: medium
#   fix: Set service_uri in webhook_receiver to one that begins with https://.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-monitor-webhook-https
#   level: advisory
#   resources: [azurerm_monitor_action_group]
#   subjects:
#     - action group webhook
#     - azurerm_monitor_action_group.webhook_receiver
package terrace.azure.monitor.webhook_https

import data.terrace.lib.plan

deny contains plan.finding(r, ["webhook_receiver", i, "service_uri"], "calls a webhook by plain HTTP") if {
	some r in plan.planned("azurerm_monitor_action_group")
	some i, receiver in plan.blocks(r, ["webhook_receiver"])
	startswith(lower(receiver.service_uri), "http://")
}
