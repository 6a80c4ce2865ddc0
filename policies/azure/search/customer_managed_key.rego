# METADATA
# title: Search services ask for keys of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Set customer_managed_key_enforcement_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-search-customer-managed-key
#   level: advisory
#   resources: [azurerm_search_service]
#   subjects:
#     - azurerm_search_service.customer_managed_key_enforcement_enabled
#     - Search customer managed key
#     - Search CMK
package terrace.azure.search.customer_managed_key

import data.terrace.lib.plan

path := ["customer_managed_key_enforcement_enabled"]

deny contains plan.finding(r, path, "takes indexes with a key of Azure") if {
	some r in plan.planned("azurerm_search_service")
	plan.certain(r, path, false) != true
}
