# METADATA
# title: Apps cannot be debugged from outside
# description: Who debugs an app reads its memory, with all that its users sent.
# custom:
#   severity: high
#   fix: Set remote_debugging_enabled to false in site_config.
#   controls:
#     cis-azure-3.0.0: ["9.12"]
#     iso-27001-2022: ["A.8.9"]
#     mcsb: ["PV-2"]
#   id: azure-apps-remote-debugging
#   level: hard-mandatory
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
#     - azurerm_linux_web_app.site_config.remote_debugging_enabled
#     - azurerm_windows_web_app.site_config.remote_debugging_enabled
#     - app service remote debugging
#     - app service slot debug
#     - function app remote debugging
#     - azurerm_linux_web_app.remote_debugging_enabled
#     - azurerm_windows_web_app.remote_debugging_enabled
#     - web app remote debugging
#     - web app slot debug
package terrace.azure.apps.remote_debugging

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["site_config", 0, "remote_debugging_enabled"]

deny contains plan.finding(r, path, "can be debugged from outside") if {
	some r in plan.planned_any(azure.apps)
	plan.certain(r, path, false) != false
}
