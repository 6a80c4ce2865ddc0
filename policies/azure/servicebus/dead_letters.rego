# METADATA
# title: Queues keep messages that expire
# description: Otherwise a message that nobody took in time is lost in silence.
# custom:
#   severity: low
#   fix: Set dead_lettering_on_message_expiration to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-servicebus-dead-letters
#   level: advisory
#   resources: [azurerm_servicebus_queue, azurerm_servicebus_subscription]
#   subjects:
#     - azurerm_servicebus_queue.dead_lettering_on_message_expiration
#     - azurerm_servicebus_subscription.dead_lettering_on_message_expiration
#     - Servicebus dead letter
package terrace.azure.servicebus.dead_letters

import data.terrace.lib.plan

types := [
	"azurerm_servicebus_queue",
	"azurerm_servicebus_subscription",
]

path := ["dead_lettering_on_message_expiration"]

deny contains plan.finding(r, path, "loses messages that expire") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}
