# METADATA
# title: Web PubSub is of a kind with a promise
# description: The free sku has 20 connections, and no promise.
# custom:
#   severity: low
#   fix: Set sku to "Standard_S1" or "Premium_P1".
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-signalr-pubsub-sku
#   level: advisory
#   resources: [azurerm_web_pubsub]
#   subjects:
#     - Pubsub SKU SLA
#     - Pubsub SKU
#     - azurerm_web_pubsub.sku
package terrace.azure.signalr.pubsub_sku

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is free, and without a promise") if {
	some r in plan.planned("azurerm_web_pubsub")
	startswith(lower(plan.certain(r, path, "")), "free")
}
