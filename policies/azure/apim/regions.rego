# METADATA
# title: API Management is in several regions
# description: APIs are away with the one region that their gateway is in.
# custom:
#   severity: low
#   fix: Add additional_location.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-apim-regions
#   level: advisory
#   resources: [azurerm_api_management]
#   subjects: [azurerm_api_management.additional_location, api management regions]
package terrace.azure.apim.regions

import data.terrace.lib.plan

path := ["additional_location"]

deny contains plan.finding(r, path, "is in one region alone") if {
	some r in plan.planned("azurerm_api_management")
	not plan.present(r, path)
}
