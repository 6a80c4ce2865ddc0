# METADATA
# title: Backups of machines are kept for a week
# description: A mistake is seen some days later.
# custom:
#   severity: medium
#   fix: Set count in retention_daily to at least 7.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-backup-policy-retention
#   level: advisory
#   resources: [azurerm_backup_policy_vm, azurerm_backup_policy_file_share]
#   subjects:
#     - backup policy retention
#     - azurerm_backup_policy_vm.retention_daily
package terrace.azure.backup.policy_retention

import data.terrace.lib.plan

types := ["azurerm_backup_policy_vm", "azurerm_backup_policy_file_share"]

path := ["retention_daily", 0, "count"]

deny contains plan.finding(r, path, "keeps backups for less than a week") if {
	some r in plan.planned_any(types)
	plan.value(r, path, 7) < 7
}
