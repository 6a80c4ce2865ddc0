# METADATA
# title: SignalR and Web PubSub take no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: medium
#   fix: Set local_auth_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-signalr-local-auth
#   level: advisory
#   resources: [azurerm_signalr_service, azurerm_web_pubsub]
#   subjects:
#     - azurerm_signalr_service.local_auth_enabled
#     - azurerm_web_pubsub.local_auth_enabled
#     - SignalR local auth
#     - Pubsub local auth
package terrace.azure.signalr.local_auth

import data.terrace.lib.plan

types := [
	"azurerm_signalr_service",
	"azurerm_web_pubsub",
]

path := ["local_auth_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != false
}
