# METADATA
# title: Function apps reach their storage by an identity
# description: The key of a storage account opens all that is in it, and is in the settings of the app.
# custom:
#   severity: low
#   fix: Set storage_uses_managed_identity to true in place of storage_account_access_key.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-3"]
#   id: azure-apps-function-storage
#   level: advisory
#   resources: [azurerm_linux_function_app, azurerm_windows_function_app, azurerm_linux_function_app_slot, azurerm_windows_function_app_slot]
#   subjects:
#     - azurerm_linux_function_app.storage_uses_managed_identity
#     - azurerm_windows_function_app.storage_uses_managed_identity
#     - function app storage identity
package terrace.azure.apps.function_storage

import data.terrace.lib.plan

types := ["azurerm_linux_function_app", "azurerm_windows_function_app", "azurerm_linux_function_app_slot", "azurerm_windows_function_app_slot"]

path := ["storage_uses_managed_identity"]

deny contains plan.finding(r, path, "reaches its storage by a key") if {
	some r in plan.planned_any(types)
	not plan.present(r, ["storage_key_vault_secret_id"])
	plan.certain(r, path, false) != true
}
