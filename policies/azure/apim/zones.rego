# METADATA
# title: API Management is in several zones
# description: All APIs are away with the one zone that their gateway is in.
# custom:
#   severity: medium
#   fix: Set zones to two or more, with as many units in sku_name.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-apim-zones
#   level: advisory
#   resources: [azurerm_api_management]
#   subjects: [azurerm_api_management.zones, api management zone, api management zonal support]
package terrace.azure.apim.zones

import data.terrace.lib.plan

path := ["zones"]

deny contains plan.finding(r, path, "is in fewer than two zones") if {
	some r in plan.planned("azurerm_api_management")
	not plan.spread(r, path)
}
