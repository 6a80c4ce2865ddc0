# METADATA
# title: API Management is of a kind for production
# description: For the tier Developer nobody promises anything.
# custom:
#   severity: low
#   fix: Set sku_name to one of the tiers Standard, StandardV2, Premium or PremiumV2.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-apim-sku
#   level: advisory
#   resources: [azurerm_api_management]
#   subjects: [azurerm_api_management.sku_name, api management sku]
package terrace.azure.apim.sku

import data.terrace.lib.plan

path := ["sku_name"]

deny contains plan.finding(r, path, "is of a tier for trying things out") if {
	some r in plan.planned("azurerm_api_management")
	startswith(plan.certain(r, path, ""), "Developer")
}
