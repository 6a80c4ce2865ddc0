# METADATA
# title: Search services are of a kind for production
# description: Free and basic services share machines or have one partition.
# custom:
#   severity: low
#   fix: Set sku to "standard" or higher.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-search-sku
#   level: advisory
#   resources: [azurerm_search_service]
#   subjects:
#     - Search sku
#     - azurerm_search_service.sku
package terrace.azure.search.sku

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is free") if {
	some r in plan.planned("azurerm_search_service")
	lower(plan.value(r, path, "")) == "free"
}
