# METADATA
# title: Backups are in another region, too
# description: Without, backups are lost with their region.
# custom:
#   severity: medium
#   fix: Set storage_mode_type to "GeoRedundant"; redundancy for azurerm_data_protection_backup_vault.
#   controls:
#     iso-27001-2022: ["A.8.13", "A.8.14"]
#     mcsb: ["BR-2"]
#   id: azure-backup-redundancy
#   level: advisory
#   resources: [azurerm_recovery_services_vault, azurerm_data_protection_backup_vault]
#   subjects:
#     - recovery vault storage mode
#     - backup vault redundancy
#     - recovery vault redundan
#     - azurerm_recovery_services_vault.storage_mode_type
package terrace.azure.backup.redundancy

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has its backups in its region alone") if {
	some type, path in {"azurerm_recovery_services_vault": ["storage_mode_type"], "azurerm_data_protection_backup_vault": ["redundancy"]}
	some r in plan.planned(type)
	plan.certain(r, path, "GeoRedundant") != "GeoRedundant"
}
