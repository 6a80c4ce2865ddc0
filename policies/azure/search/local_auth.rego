# METADATA
# title: Search services take no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: medium
#   fix: Set local_authentication_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-search-local-auth
#   level: advisory
#   resources: [azurerm_search_service]
#   subjects:
#     - azurerm_search_service.local_authentication_enabled
#     - Search local auth
package terrace.azure.search.local_auth

import data.terrace.lib.plan

path := ["local_authentication_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned("azurerm_search_service")
	plan.certain(r, path, true) != false
}
