# METADATA
# title: Recovery vaults cannot be emptied
# description: An immutable vault holds its backups against administrators, too.
# custom:
#   severity: medium
#   fix: Set immutability to "Unlocked", and to "Locked" once it is proven.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-2"]
#   id: azure-backup-immutability
#   level: advisory
#   resources: [azurerm_recovery_services_vault, azurerm_data_protection_backup_vault]
#   subjects:
#     - vault immutab
#     - azurerm_recovery_services_vault.immutability
#     - azurerm_data_protection_backup_vault.immutability
package terrace.azure.backup.immutability

import data.terrace.lib.plan

types := ["azurerm_recovery_services_vault", "azurerm_data_protection_backup_vault"]

path := ["immutability"]

deny contains plan.finding(r, path, "can be emptied") if {
	some r in plan.planned_any(types)
	not plan.certain(r, path, "Disabled") in {"Locked", "Unlocked"}
}
