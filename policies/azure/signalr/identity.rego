# METADATA
# title: SignalR and Web PubSub have a managed identity
# description: With one, they reach others without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-signalr-identity
#   level: advisory
#   resources: [azurerm_web_pubsub, azurerm_signalr_service]
#   subjects:
#     - azurerm_web_pubsub.identity_type
#     - azurerm_signalr_service.identity_type
#     - Pubsub identity
#     - SignalR identity
package terrace.azure.signalr.identity

import data.terrace.lib.plan

types := [
	"azurerm_web_pubsub",
	"azurerm_signalr_service",
]

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
