# METADATA
# title: Event Grid calls webhooks by HTTPS
# description: Plain HTTP shows events to everyone on the way.
# custom:
#   severity: high
#   fix: Set url in webhook_endpoint to one that begins with https://.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-eventgrid-webhook-https
#   level: soft-mandatory
#   resources: [azurerm_eventgrid_event_subscription, azurerm_eventgrid_system_topic_event_subscription]
#   subjects:
#     - Eventgrid webhook
#     - azurerm_eventgrid_event_subscription.webhook_endpoint
package terrace.azure.eventgrid.webhook_https

import data.terrace.lib.plan

types := ["azurerm_eventgrid_event_subscription", "azurerm_eventgrid_system_topic_event_subscription"]

path := ["webhook_endpoint", 0, "url"]

deny contains plan.finding(r, path, "calls a webhook by plain HTTP") if {
	some r in plan.planned_any(types)
	startswith(lower(plan.value(r, path, "")), "http://")
}
