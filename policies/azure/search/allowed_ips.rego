# METADATA
# title: Search services do not name everyone
# description: The range /0 opens the service to the Internet.
# custom:
#   severity: high
#   fix: Set allowed_ips to the addresses that need it.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-search-allowed-ips
#   level: soft-mandatory
#   resources: [azurerm_search_service]
#   subjects:
#     - Search allowed IPs
#     - azurerm_search_service.allowed_ips
package terrace.azure.search.allowed_ips

import data.terrace.lib.plan

path := ["allowed_ips"]

deny contains plan.finding(r, path, "admits the Internet") if {
	some r in plan.planned("azurerm_search_service")
	some range in plan.value(r, path, [])
	anyone(range)
}

anyone(range) if endswith(range, "/0")

anyone("0.0.0.0")
