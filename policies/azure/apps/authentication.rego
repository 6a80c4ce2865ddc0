# METADATA
# title: Apps ask who comes
# description: An app that asks nobody shows what it has to everyone.
# custom:
#   severity: medium
#   fix: Add auth_settings_v2 with auth_enabled = true, or sign in within the app and have this overridden.
#   controls:
#     cis-azure-3.0.0: ["9.2"]
#     iso-27001-2022: ["A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-apps-authentication
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
#     - azurerm_linux_web_app.auth_settings.enabled
#     - azurerm_windows_web_app.auth_settings.enabled
#     - azurerm_linux_function_app.auth_settings.enabled
#     - azurerm_windows_function_app.auth_settings.enabled
#     - azurerm_linux_web_app.auth_settings_v2
#     - azurerm_windows_web_app.auth_settings_v2
#     - app service authentication
#     - function apps enable authentication
#     - function app authentication
#     - web app authentication
package terrace.azure.apps.authentication

import data.terrace.lib.azure
import data.terrace.lib.plan

paths := [["auth_settings", 0, "enabled"], ["auth_settings_v2", 0, "auth_enabled"]]

deny contains plan.finding(r, ["auth_settings_v2"], "does not ask who comes") if {
	some r in plan.planned_any(azure.apps)
	not asks(r)
}

asks(r) if {
	some path in paths
	plan.value(r, path, false) == true
}
