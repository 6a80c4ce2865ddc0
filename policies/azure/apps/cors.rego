# METADATA
# title: Apps do not answer scripts of every site
# description: With a star, a script on any page uses the app in the name of who looks at it.
# custom:
#   severity: medium
#   fix: Name the sites in allowed_origins of cors.
#   controls:
#     iso-27001-2022: ["A.8.26"]
#     mcsb: ["PV-2"]
#   id: azure-apps-cors
#   level: soft-mandatory
#   resources:
#     - azurerm_linux_web_app
#     - azurerm_windows_web_app
#     - azurerm_app_service
#     - azurerm_linux_web_app_slot
#     - azurerm_windows_web_app_slot
#     - azurerm_app_service_slot
#     - azurerm_linux_function_app
#     - azurerm_windows_function_app
#     - azurerm_function_app
#     - azurerm_linux_function_app_slot
#     - azurerm_windows_function_app_slot
#     - azurerm_function_app_slot
#     - azurerm_function_app_flex_consumption
#   subjects:
#     - azurerm_linux_web_app.site_config.cors.allowed_origins
#     - azurerm_windows_web_app.site_config.cors.allowed_origins
#     - azurerm_linux_function_app.site_config.cors.allowed_origins
#     - azurerm_windows_function_app.site_config.cors.allowed_origins
#     - app service CORS
#     - function app CORS
#     - azurerm_linux_web_app.allowed_origins
#     - azurerm_windows_web_app.allowed_origins
#     - azurerm_linux_function_app.allowed_origins
#     - azurerm_windows_function_app.allowed_origins
#     - web app CORS
package terrace.azure.apps.cors

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["site_config", 0, "cors", 0, "allowed_origins"]

deny contains plan.finding(r, path, "answers scripts of every site") if {
	some r in plan.planned_any(azure.apps)
	"*" in plan.value(r, path, [])
}
