# METADATA
# title: Apps log errors in detail
# description: What went wrong is found by what the app says of it.
# custom:
#   severity: low
#   fix: Set detailed_error_messages to true in logs.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-apps-error-logs
#   level: advisory
#   resources:
#     - azurerm_linux_web_app
#     - azurerm_windows_web_app
#     - azurerm_app_service
#     - azurerm_linux_web_app_slot
#     - azurerm_windows_web_app_slot
#     - azurerm_app_service_slot
#   subjects:
#     - azurerm_linux_web_app.logs.detailed_error_messages
#     - azurerm_windows_web_app.logs.detailed_error_messages
#     - azurerm_app_service.logs.detailed_error_messages_enabled
#     - app service detailed error messages
#     - azurerm_linux_web_app.detailed_error_messages
#     - azurerm_windows_web_app.detailed_error_messages
#     - azurerm_app_service.detailed_error_messages_enabled
#     - web app detailed error messages
package terrace.azure.apps.error_logs

import data.terrace.lib.azure
import data.terrace.lib.plan

names := [["logs", 0, "detailed_error_messages"], ["logs", 0, "detailed_error_messages_enabled"]]

deny contains plan.finding(r, path, "does not log errors in detail") if {
	some r in plan.planned_any(azure.web_apps)
	path := plan.named(r, names)
	plan.certain(r, path, false) != true
}
