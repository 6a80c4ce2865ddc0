# METADATA
# title: Vaults have a managed identity
# description: With one, they reach keys and private endpoints without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-backup-identity
#   level: advisory
#   resources: [azurerm_recovery_services_vault, azurerm_data_protection_backup_vault]
#   subjects:
#     - azurerm_recovery_services_vault.identity_type
#     - azurerm_data_protection_backup_vault.identity_type
#     - recovery services vault managed identity
#     - recovery vault identity
#     - backup vault identity
package terrace.azure.backup.identity

import data.terrace.lib.plan

types := [
	"azurerm_recovery_services_vault",
	"azurerm_data_protection_backup_vault",
]

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
