# METADATA
# title: Vaults are encrypted twice
# description: A second layer holds where the first is broken.
# custom:
#   severity: low
#   fix: Set infrastructure_encryption_enabled in encryption to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-backup-infrastructure-encryption
#   level: advisory
#   resources: [azurerm_recovery_services_vault]
#   subjects:
#     - azurerm_recovery_services_vault.encryption_infrastructure_encryption_enabled
#     - recovery vault infrastructure encryption
package terrace.azure.backup.infrastructure_encryption

import data.terrace.lib.plan

path := ["encryption", 0, "infrastructure_encryption_enabled"]

deny contains plan.finding(r, path, "is encrypted once") if {
	some r in plan.planned("azurerm_recovery_services_vault")
	plan.certain(r, path, false) != true
}
