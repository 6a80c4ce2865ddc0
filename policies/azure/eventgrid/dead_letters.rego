# METADATA
# title: Subscriptions of Event Grid keep what cannot be delivered
# description: Otherwise an event that nobody took is lost in silence.
# custom:
#   severity: low
#   fix: Add storage_blob_dead_letter_destination.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-eventgrid-dead-letters
#   level: advisory
#   resources: [azurerm_eventgrid_event_subscription, azurerm_eventgrid_system_topic_event_subscription]
#   subjects:
#     - azurerm_eventgrid_event_subscription.storage_blob_dead_letter_destination
#     - azurerm_eventgrid_system_topic_event_subscription.storage_blob_dead_letter_destination
#     - Eventgrid dead letter
package terrace.azure.eventgrid.dead_letters

import data.terrace.lib.plan

types := [
	"azurerm_eventgrid_event_subscription",
	"azurerm_eventgrid_system_topic_event_subscription",
]

path := ["storage_blob_dead_letter_destination"]

deny contains plan.finding(r, path, "loses what cannot be delivered") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
