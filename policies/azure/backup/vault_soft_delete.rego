# METADATA
# title: Backup vaults keep what is deleted
# description: Who takes over an account deletes the backups first.
# custom:
#   severity: high
#   fix: Set soft_delete to "AlwaysOn", or leave it at "On".
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-2"]
#   id: azure-backup-vault-soft-delete
#   level: soft-mandatory
#   resources: [azurerm_data_protection_backup_vault]
#   subjects:
#     - azurerm_data_protection_backup_vault.soft_delete
#     - backup vault soft delete
package terrace.azure.backup.vault_soft_delete

import data.terrace.lib.plan

path := ["soft_delete"]

deny contains plan.finding(r, path, "does not keep what is deleted") if {
	some r in plan.planned("azurerm_data_protection_backup_vault")
	not plan.certain(r, path, "On") in {"On", "AlwaysOn"}
}
