# METADATA
# title: SignalR and Web PubSub are closed to public networks
# description: What answers the Internet is tried with every key that leaks.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-signalr-public-network
#   level: advisory
#   resources: [azurerm_signalr_service, azurerm_web_pubsub]
#   subjects:
#     - azurerm_signalr_service.public_network_access_enabled
#     - azurerm_web_pubsub.public_network_access_enabled
#     - SignalR public
#     - Pubsub public
package terrace.azure.signalr.public_network

import data.terrace.lib.plan

types := [
	"azurerm_signalr_service",
	"azurerm_web_pubsub",
]

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != false
}
