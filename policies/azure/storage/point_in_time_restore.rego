# METADATA
# title: Blobs can be restored to a time
# description: After malware, all blobs are restored at once to how they were before.
# custom:
#   severity: low
#   fix: Add restore_policy with days to blob_properties, with versioning_enabled and change_feed_enabled.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-storage-point-in-time-restore
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.blob_properties.restore_policy, storage point in time restore, azurerm_storage_account.restore_policy]
package terrace.azure.storage.point_in_time_restore

import data.terrace.lib.plan

path := ["blob_properties", 0, "restore_policy"]

deny contains plan.finding(r, path, "cannot be restored to a time") if {
	some r in plan.planned("azurerm_storage_account")
	not plan.present(r, path)
}
