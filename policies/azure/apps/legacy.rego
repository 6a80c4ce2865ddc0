# METADATA
# title: Apps have their present types
# description: The old types are gone from azurerm 4 on, and know nothing of what is new.
# custom:
#   severity: medium
#   fix: Use azurerm_linux_web_app, azurerm_windows_web_app and their like, with azurerm_service_plan.
#   controls:
#     iso-27001-2022: ["A.8.9"]
#   id: azure-apps-legacy
#   level: advisory
#   resources:
#     - azurerm_app_service
#     - azurerm_app_service_slot
#     - azurerm_app_service_plan
#     - azurerm_function_app
#     - azurerm_function_app_slot
#     - azurerm_static_site
#   subjects: [azurerm_app_service, azurerm_app_service_plan, azurerm_function_app, azurerm_static_site, legacy app service]
package terrace.azure.apps.legacy

import data.terrace.lib.plan

types := ["azurerm_app_service", "azurerm_app_service_slot", "azurerm_app_service_plan", "azurerm_function_app", "azurerm_function_app_slot", "azurerm_static_site"]

deny contains plan.finding(r, [], "is of an old type") if {
	some r in plan.planned_any(types)
}
