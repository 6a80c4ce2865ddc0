# METADATA
# title: Recovery vaults restore in another region
# description: Otherwise copies in another region are of use only when Microsoft declares the first one lost.
# custom:
#   severity: medium
#   fix: Set cross_region_restore_enabled to true, with storage_mode_type = "GeoRedundant".
#   controls:
#     iso-27001-2022: ["A.8.13", "A.8.14"]
#     mcsb: ["BR-2"]
#   id: azure-backup-cross-region-restore
#   level: advisory
#   resources: [azurerm_recovery_services_vault]
#   subjects:
#     - azurerm_recovery_services_vault.cross_region_restore_enabled
#     - recovery vault cross region restore
#     - cross region restore
package terrace.azure.backup.cross_region_restore

import data.terrace.lib.plan

path := ["cross_region_restore_enabled"]

deny contains plan.finding(r, path, "restores in its region alone") if {
	some r in plan.planned("azurerm_recovery_services_vault")
	plan.certain(r, path, false) != true
}
