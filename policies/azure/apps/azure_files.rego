# METADATA
# title: Apps keep their files in Azure Files
# description: What an app writes beside itself is gone with the instance.
# custom:
#   severity: low
#   fix: Add storage_account with type = "AzureFiles".
#   controls:
#     iso-27001-2022: ["A.8.13"]
#   id: azure-apps-azure-files
#   level: advisory
#   resources: [azurerm_linux_web_app, azurerm_windows_web_app, azurerm_app_service]
#   subjects:
#     - azurerm_linux_web_app.storage_account.type
#     - azurerm_windows_web_app.storage_account.type
#     - app service used azure files
#     - web app used azure files
package terrace.azure.apps.azure_files

import data.terrace.lib.plan

types := ["azurerm_linux_web_app", "azurerm_windows_web_app", "azurerm_app_service"]

path := ["storage_account", 0, "type"]

deny contains plan.finding(r, path, "does not keep its files in Azure Files") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, "") != "AzureFiles"
}
