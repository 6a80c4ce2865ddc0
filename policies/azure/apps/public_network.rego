# METADATA
# title: Apps are closed to public networks
# description: An app that everyone reaches is beside the gateway that would inspect what comes.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false, and publish the app through a gateway.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-apps-public-network
#   level: advisory
#   resources:
#     - azurerm_linux_web_app
#     - azurerm_windows_web_app
#     - azurerm_linux_web_app_slot
#     - azurerm_windows_web_app_slot
#     - azurerm_linux_function_app
#     - azurerm_windows_function_app
#     - azurerm_linux_function_app_slot
#     - azurerm_windows_function_app_slot
#     - azurerm_function_app_flex_consumption
#   subjects:
#     - azurerm_linux_web_app.public_network_access_enabled
#     - azurerm_windows_web_app.public_network_access_enabled
#     - azurerm_linux_function_app.public_network_access_enabled
#     - azurerm_windows_function_app.public_network_access_enabled
#     - app service public access
#     - web app public network
#     - function app public access
#     - web app public access
package terrace.azure.apps.public_network

import data.terrace.lib.plan

types := ["azurerm_linux_web_app", "azurerm_windows_web_app", "azurerm_linux_web_app_slot", "azurerm_windows_web_app_slot", "azurerm_linux_function_app", "azurerm_windows_function_app", "azurerm_linux_function_app_slot", "azurerm_windows_function_app_slot", "azurerm_function_app_flex_consumption"]

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != false
}
