# METADATA
# title: Plans of apps are of a kind for production
# description: Free, shared and basic plans have neither slots nor scaling, and nobody promises anything.
# custom:
#   severity: low
#   fix: Set sku_name to one of the kinds P or S, such as "P1v3".
#   controls:
#     iso-27001-2022: ["A.8.6", "A.8.14"]
#   id: azure-apps-plan-sku
#   level: advisory
#   resources: [azurerm_service_plan]
#   subjects: [azurerm_service_plan.sku_name, app service sku minimum, service plan sku, serverfarms tier, service plan tier, web app sku minimum]
package terrace.azure.apps.plan_sku

import data.terrace.lib.plan

path := ["sku_name"]

deny contains plan.finding(r, path, "is not of a kind for production") if {
	some r in plan.planned("azurerm_service_plan")
	plan.certain(r, path, "") in {"B1", "B2", "B3", "F1", "D1", "SHARED", "FREE"}
}
