# METADATA
# title: Volumes of NetApp Files have backups
# description: Snapshots are lost with their volume.
# custom:
#   severity: medium
#   fix: Add data_protection_backup_policy with backup_policy_id and backup_vault_id.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-netapp-backup
#   level: advisory
#   resources: [azurerm_netapp_volume]
#   subjects:
#     - azurerm_netapp_volume.data_protection_backup_policy
#     - NetApp backup
package terrace.azure.netapp.backup

import data.terrace.lib.plan

path := ["data_protection_backup_policy"]

deny contains plan.finding(r, path, "has no backups") if {
	some r in plan.planned("azurerm_netapp_volume")
	not plan.present(r, path)
}
