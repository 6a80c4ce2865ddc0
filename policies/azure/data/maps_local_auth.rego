# METADATA
# title: Maps accounts take no keys
# description: A key that is in every browser is everyone's.
# custom:
#   severity: low
#   fix: Set local_authentication_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-data-maps-local-auth
#   level: advisory
#   resources: [azurerm_maps_account]
#   subjects:
#     - azurerm_maps_account.local_authentication_enabled
#     - maps local auth
package terrace.azure.data.maps_local_auth

import data.terrace.lib.plan

path := ["local_authentication_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned("azurerm_maps_account")
	plan.certain(r, path, true) != false
}
