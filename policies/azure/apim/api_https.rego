# METADATA
# title: APIs take HTTPS alone
# description: Plain HTTP shows tokens and data to everyone on the way.
# custom:
#   severity: high
#   fix: Set protocols to ["https"], or ["wss"] for sockets.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-apim-api-https
#   level: hard-mandatory
#   resources: [azurerm_api_management_api]
#   subjects: [azurerm_api_management_api.protocols, api management api https, api management api protocol]
package terrace.azure.apim.api_https

import data.terrace.lib.plan

path := ["protocols"]

deny contains plan.finding(r, path, "takes plain HTTP") if {
	some r in plan.planned("azurerm_api_management_api")
	some protocol in plan.value(r, path, [])
	protocol in {"http", "ws"}
}
