# METADATA
# title: Search services are closed to public networks
# description: What answers the Internet is tried with every key that leaks.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-search-public-network
#   level: soft-mandatory
#   resources: [azurerm_search_service]
#   subjects:
#     - azurerm_search_service.public_network_access_enabled
#     - Search public network
#     - Search public access
package terrace.azure.search.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_search_service")
	plan.certain(r, path, true) != false
}
