# METADATA
# title: Vaults are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add encryption with key_id; azurerm_data_protection_backup_vault_customer_managed_key for backup vaults.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-backup-customer-managed-key
#   level: advisory
#   resources: [azurerm_recovery_services_vault, azurerm_data_protection_backup_vault]
#   subjects:
#     - recovery vault customer managed key
#     - recovery vault CMK
#     - azurerm_recovery_services_vault.encryption
package terrace.azure.backup.customer_managed_key

import data.terrace.lib.plan

deny contains plan.finding(r, ["encryption"], "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_recovery_services_vault")
	not plan.present(r, ["encryption", 0, "key_id"])
}

deny contains plan.finding(r, [], "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_data_protection_backup_vault")
	count(plan.associated(r, "azurerm_data_protection_backup_vault_customer_managed_key", "data_protection_backup_vault_id")) == 0
}
