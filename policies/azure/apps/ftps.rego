# METADATA
# title: Apps take no plain FTP
# description: FTP sends the password of the deployment in clear.
# custom:
#   severity: high
#   fix: Set ftps_state to "Disabled" in site_config.
#   controls:
#     cis-azure-3.0.0: ["9.3"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-apps-ftps
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
#     - azurerm_linux_web_app.site_config.ftps_state
#     - azurerm_windows_web_app.site_config.ftps_state
#     - app service FTPS state
#     - app service ftp
#     - function app ftps
#     - azurerm_linux_web_app.ftps_state
#     - azurerm_windows_web_app.ftps_state
#     - web app FTPS state
#     - web app ftp
package terrace.azure.apps.ftps

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["site_config", 0, "ftps_state"]

deny contains plan.finding(r, path, "takes plain FTP") if {
	some r in plan.planned_any(azure.apps)
	not plan.certain(r, path, initial(r)) in {"Disabled", "FtpsOnly"}
}

# The old types allow everything, the present ones nothing.
initial(r) := "AllAllowed" if r.type in old

initial(r) := "Disabled" if not r.type in old

old := {"azurerm_app_service", "azurerm_app_service_slot", "azurerm_function_app", "azurerm_function_app_slot"}
