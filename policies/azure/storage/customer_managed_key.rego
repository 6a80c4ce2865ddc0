# METADATA
# title: Storage accounts are encrypted with a key of their owner
# description: Who holds the key can withdraw it, rotate it, and see who used it.
# custom:
#   severity: medium
#   fix: Add customer_managed_key with key_vault_key_id, or azurerm_storage_account_customer_managed_key beside the account.
#   controls:
#     cis-azure-3.0.0: ["4.11"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-storage-customer-managed-key
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects:
#     - azurerm_storage_account.customer_managed_key
#     - azurerm_storage_account_customer_managed_key
#     - storage encrypted CMK
#     - storage customer managed key
package terrace.azure.storage.customer_managed_key

import data.terrace.lib.plan

path := ["customer_managed_key"]

deny contains plan.finding(r, path, "is encrypted with a key of Microsoft") if {
	some r in plan.planned("azurerm_storage_account")
	not plan.present(r, path)
	count(plan.associated(r, "azurerm_storage_account_customer_managed_key", "storage_account_id")) == 0
}
