# METADATA
# title: Apps take TLS 1.2 or newer
# description: TLS 1.0 and 1.1 can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set minimum_tls_version to "1.2" or "1.3" in site_config.
#   controls:
#     cis-azure-3.0.0: ["9.4"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-apps-min-tls
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
#     - azurerm_linux_web_app.site_config.minimum_tls_version
#     - azurerm_windows_web_app.site_config.minimum_tls_version
#     - azurerm_linux_function_app.site_config.minimum_tls_version
#     - azurerm_windows_function_app.site_config.minimum_tls_version
#     - app service min tls version
#     - app service slot min tls
#     - function app min tls version
#     - web app minimum tls
#     - azurerm_linux_web_app.minimum_tls_version
#     - azurerm_windows_web_app.minimum_tls_version
#     - azurerm_linux_function_app.minimum_tls_version
#     - azurerm_windows_function_app.minimum_tls_version
#     - web app min tls version
#     - web app slot min tls
package terrace.azure.apps.min_tls

import data.terrace.lib.azure
import data.terrace.lib.plan

names := [["site_config", 0, "minimum_tls_version"], ["site_config", 0, "min_tls_version"]]

deny contains plan.finding(r, path, "takes TLS older than 1.2") if {
	some r in plan.planned_any(azure.apps)
	path := plan.named(r, names)
	not plan.certain(r, path, "1.2") in {"1.2", "1.3", 1.2, 1.3}
}
