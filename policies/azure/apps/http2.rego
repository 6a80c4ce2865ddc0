# METADATA
# title: Apps speak HTTP/2
# description: HTTP/2 keeps out of attacks on the framing of HTTP/1.1, and is faster.
# custom:
#   severity: low
#   fix: Set http2_enabled to true in site_config.
#   controls:
#     cis-azure-3.0.0: ["9.10"]
#     iso-27001-2022: ["A.8.20"]
#   id: azure-apps-http2
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
#     - azurerm_linux_web_app.site_config.http2_enabled
#     - azurerm_windows_web_app.site_config.http2_enabled
#     - app service https20
#     - app service http2
#     - app service http version
#     - function app http version latest
#     - function app http2
#     - azurerm_linux_web_app.http2_enabled
#     - azurerm_windows_web_app.http2_enabled
#     - web app https20
#     - web app http2
#     - web app http version
package terrace.azure.apps.http2

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["site_config", 0, "http2_enabled"]

deny contains plan.finding(r, path, "does not speak HTTP/2") if {
	some r in plan.planned_any(azure.apps)
	plan.certain(r, path, false) != true
}
