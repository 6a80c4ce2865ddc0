# METADATA
# title: Bots are closed to public networks
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: low
#   fix: Set public_network_access_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-data-bot-public-network
#   level: advisory
#   resources: [azurerm_bot_service_azure_bot]
#   subjects:
#     - azurerm_bot_service_azure_bot.public_network_access_enabled
#     - bot public network
package terrace.azure.data.bot_public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_bot_service_azure_bot")
	plan.certain(r, path, true) != false
}
