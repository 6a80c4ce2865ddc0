# METADATA
# title: Search services have a managed identity
# description: With one, they reach data and keys without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-search-identity
#   level: advisory
#   resources: [azurerm_search_service]
#   subjects:
#     - azurerm_search_service.identity_type
#     - Search managed identity
#     - Search identity
package terrace.azure.search.identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned("azurerm_search_service")
	not plan.present(r, path)
}
