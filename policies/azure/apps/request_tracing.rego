# METADATA
# title: Apps trace requests that fail
# description: What went wrong is found by the way that the request took.
# custom:
#   severity: low
#   fix: Set failed_request_tracing to true in logs.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-apps-request-tracing
#   level: advisory
#   resources:
#     - azurerm_linux_web_app
#     - azurerm_windows_web_app
#     - azurerm_app_service
#     - azurerm_linux_web_app_slot
#     - azurerm_windows_web_app_slot
#     - azurerm_app_service_slot
#   subjects:
#     - azurerm_linux_web_app.logs.failed_request_tracing
#     - azurerm_windows_web_app.logs.failed_request_tracing
#     - azurerm_app_service.logs.failed_request_tracing_enabled
#     - app service failed request
#     - azurerm_linux_web_app.failed_request_tracing
#     - azurerm_windows_web_app.failed_request_tracing
#     - azurerm_app_service.failed_request_tracing_enabled
#     - web app failed request
package terrace.azure.apps.request_tracing

import data.terrace.lib.azure
import data.terrace.lib.plan

names := [["logs", 0, "failed_request_tracing"], ["logs", 0, "failed_request_tracing_enabled"]]

deny contains plan.finding(r, path, "does not trace requests that fail") if {
	some r in plan.planned_any(azure.web_apps)
	path := plan.named(r, names)
	plan.certain(r, path, false) != true
}
