# METADATA
# title: Apps redirect to HTTPS
# description: Plain HTTP shows what is sent to everyone on the way.
# custom:
#   severity: high
#   fix: Set https_only to true.
#   controls:
#     cis-azure-3.0.0: ["9.1"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-apps-https-only
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
#     - azurerm_linux_web_app.https_only
#     - azurerm_windows_web_app.https_only
#     - azurerm_linux_function_app.https_only
#     - azurerm_windows_function_app.https_only
#     - app service https only
#     - app service slot https
#     - function apps accessible over https
#     - function app https
#     - web app https
#     - web app https only
#     - web app slot https
package terrace.azure.apps.https_only

import data.terrace.lib.azure
import data.terrace.lib.plan

deny contains plan.finding(r, ["https_only"], "serves plain HTTP") if {
	some r in plan.planned_any(azure.apps)
	plan.certain(r, ["https_only"], false) != true
}

deny contains plan.finding(r, path, "lets people sign in by plain HTTP") if {
	some r in plan.planned_any(azure.apps)
	path := ["auth_settings_v2", 0, "require_https"]
	plan.certain(r, path, true) != true
}
