# METADATA
# title: Apps say whether they are well
# description: An instance that is ill gets no more requests, and is replaced.
# custom:
#   severity: low
#   fix: Set health_check_path in site_config.
#   controls:
#     iso-27001-2022: ["A.8.14", "A.8.16"]
#   id: azure-apps-health-check
#   level: advisory
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
#     - azurerm_linux_web_app.site_config.health_check_path
#     - azurerm_windows_web_app.site_config.health_check_path
#     - app service health check
#     - web sites health check
#     - azurerm_linux_function_app.site_config.health_check_path
#     - azurerm_windows_function_app.site_config.health_check_path
#     - azurerm_linux_web_app.health_check_path
#     - azurerm_windows_web_app.health_check_path
#     - web app health check
#     - azurerm_linux_function_app.health_check_path
#     - azurerm_windows_function_app.health_check_path
package terrace.azure.apps.health_check

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["site_config", 0, "health_check_path"]

deny contains plan.finding(r, path, "does not say whether it is well") if {
	some r in plan.planned_any(azure.apps)
	not plan.present(r, path)
}
