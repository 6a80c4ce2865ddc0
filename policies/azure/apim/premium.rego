# METADATA
# title: API Management is premium
# description: Zones and several regions are for the tier Premium alone.
# custom:
#   severity: low
#   fix: Set sku_name to one of the tier Premium, such as "Premium_2".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-apim-premium
#   level: advisory
#   resources: [azurerm_api_management]
#   subjects: [api management premium sku, api management premium]
package terrace.azure.apim.premium

import data.terrace.lib.plan

path := ["sku_name"]

deny contains plan.finding(r, path, "is not premium") if {
	some r in plan.planned("azurerm_api_management")
	not startswith(plan.certain(r, path, ""), "Premium")
}
