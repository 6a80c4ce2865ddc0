# METADATA
# title: Apps ask for certificates of clients
# description: A client without a certificate does not even come as far as the app.
# custom:
#   severity: low
#   fix: Set client_certificate_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.5"]
#     mcsb: ["PV-2"]
#   id: azure-apps-client-certificates
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
#     - azurerm_linux_web_app.client_certificate_enabled
#     - azurerm_windows_web_app.client_certificate_enabled
#     - azurerm_app_service.client_cert_enabled
#     - app service client certificate
#     - azurerm_linux_function_app.client_certificate_enabled
#     - azurerm_windows_function_app.client_certificate_enabled
#     - function app client certificate
#     - web app client certificate
package terrace.azure.apps.client_certificates

import data.terrace.lib.azure
import data.terrace.lib.plan

names := [["client_certificate_enabled"], ["client_cert_enabled"]]

deny contains plan.finding(r, path, "asks for no certificate") if {
	some r in plan.planned_any(azure.apps)
	path := plan.named(r, names)
	plan.certain(r, path, false) != true
}
