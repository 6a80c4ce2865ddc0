# METADATA
# title: Deployments to apps take TLS 1.2 or newer
# description: What is deployed is sent to the same machine by another address.
# custom:
#   severity: medium
#   fix: Set scm_minimum_tls_version to "1.2" in site_config.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-apps-scm-tls
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
#     - azurerm_linux_web_app.site_config.scm_minimum_tls_version
#     - azurerm_windows_web_app.site_config.scm_minimum_tls_version
#     - azurerm_linux_function_app.site_config.scm_minimum_tls_version
#     - azurerm_windows_function_app.site_config.scm_minimum_tls_version
#     - app service scm tls
#     - azurerm_linux_web_app.scm_minimum_tls_version
#     - azurerm_windows_web_app.scm_minimum_tls_version
#     - azurerm_linux_function_app.scm_minimum_tls_version
#     - azurerm_windows_function_app.scm_minimum_tls_version
#     - web app scm tls
package terrace.azure.apps.scm_tls

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["site_config", 0, "scm_minimum_tls_version"]

deny contains plan.finding(r, path, "takes deployments by TLS older than 1.2") if {
	some r in plan.planned_any(azure.apps)
	not plan.certain(r, path, "1.2") in {"1.2", "1.3"}
}
