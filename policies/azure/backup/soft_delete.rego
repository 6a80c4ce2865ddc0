# METADATA
# title: Recovery vaults keep what is deleted
# description: Who takes over an account deletes the backups first.
# custom:
#   severity: high
#   fix: Leave soft delete on; before azurerm 5 set soft_delete_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-2"]
#   id: azure-backup-soft-delete
#   level: soft-mandatory
#   resources: [azurerm_recovery_services_vault]
#   subjects:
#     - azurerm_recovery_services_vault.soft_delete_enabled
#     - recovery services vault soft delete
#     - recovery vault soft delete
package terrace.azure.backup.soft_delete

import data.terrace.lib.plan

path := ["soft_delete_enabled"]

deny contains plan.finding(r, path, "does not keep what is deleted") if {
	some r in plan.planned("azurerm_recovery_services_vault")
	plan.certain(r, path, true) != true
}
