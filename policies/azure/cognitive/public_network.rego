# METADATA
# title: AI services are closed to public networks
# description: What answers the Internet is tried with every key that leaks.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-cognitive-public-network
#   level: soft-mandatory
#   resources: [azurerm_cognitive_account, azurerm_ai_services, azurerm_ai_foundry]
#   subjects:
#     - cognitive public network
#     - cognitive public access
#     - AI services public
#     - openai public
#     - azurerm_cognitive_account.public_network_access_enabled
#     - azurerm_ai_services.public_network_access
package terrace.azure.cognitive.public_network

import data.terrace.lib.plan

types := ["azurerm_cognitive_account", "azurerm_ai_services", "azurerm_ai_foundry"]

# The names of the types.
paths := [["public_network_access_enabled"], ["public_network_access"]]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned_any(types)
	path := plan.named(r, paths)
	not plan.certain(r, path, true) in {false, "Disabled"}
}
