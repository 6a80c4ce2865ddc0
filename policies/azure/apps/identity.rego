# METADATA
# title: Apps have a managed identity
# description: An app without an identity needs passwords to use anything.
# custom:
#   severity: medium
#   fix: Add identity with type = "SystemAssigned" or "UserAssigned".
#   controls:
#     cis-azure-3.0.0: ["9.5"]
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-apps-identity
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
#     - azurerm_linux_web_app.identity
#     - azurerm_windows_web_app.identity
#     - app service identity
#     - app service identity provider
#     - azurerm_linux_function_app.identity
#     - azurerm_windows_function_app.identity
#     - function app identity
#     - web app identity
#     - web app identity provider
package terrace.azure.apps.identity

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no identity") if {
	some r in plan.planned_any(azure.apps)
	not plan.present(r, path)
}
