# METADATA
# title: Apps log requests
# description: Without them nobody knows who asked for what.
# custom:
#   severity: medium
#   fix: Add http_logs to logs, with file_system or azure_blob_storage.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-apps-http-logs
#   level: advisory
#   resources:
#     - azurerm_linux_web_app
#     - azurerm_windows_web_app
#     - azurerm_app_service
#     - azurerm_linux_web_app_slot
#     - azurerm_windows_web_app_slot
#     - azurerm_app_service_slot
#   subjects:
#     - azurerm_linux_web_app.logs.http_logs
#     - azurerm_windows_web_app.logs.http_logs
#     - app service http logging
#     - azurerm_linux_web_app.http_logs
#     - azurerm_windows_web_app.http_logs
#     - web app http logging
package terrace.azure.apps.http_logs

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["logs", 0, "http_logs"]

deny contains plan.finding(r, path, "does not log requests") if {
	some r in plan.planned_any(azure.web_apps)
	not plan.present(r, path)
}
