# METADATA
# title: Event Hubs are of a kind for production
# description: Basic has one consumer group, no capture, and keeps events for a day.
# custom:
#   severity: low
#   fix: Set sku to "Standard" or "Premium".
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-eventhub-sku
#   level: advisory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - Event hub sku
#     - Event hub premium
#     - azurerm_eventhub_namespace.sku
package terrace.azure.eventhub.sku

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is of the sku Basic") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	lower(plan.value(r, path, "")) == "basic"
}
