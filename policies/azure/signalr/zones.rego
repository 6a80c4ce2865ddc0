# METADATA
# title: SignalR and Web PubSub are in several zones
# description: Of the sku Premium they are in several zones; others are gone while their zone is.
# custom:
#   severity: low
#   fix: Use a sku "Premium_P1" or "Premium_P2".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-signalr-zones
#   level: advisory
#   resources: [azurerm_signalr_service, azurerm_web_pubsub]
#   subjects:
#     - SignalR zone
#     - Pubsub zone
#     - azurerm_signalr_service.zone
package terrace.azure.signalr.zones

import data.terrace.lib.plan

deny contains plan.finding(r, path, "is in one zone") if {
	some type, path in {"azurerm_signalr_service": ["sku", 0, "name"], "azurerm_web_pubsub": ["sku"]}
	some r in plan.planned(type)
	not startswith(lower(plan.certain(r, path, "")), "premium")
}
