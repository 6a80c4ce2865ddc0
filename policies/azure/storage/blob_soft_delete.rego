# METADATA
# title: Deleted blobs can be restored
# description: Without soft delete, a blob that somebody deletes or overwrites by mistake is gone at once.
# custom:
#   severity: medium
#   fix: Add delete_retention_policy to blob_properties, with days of at least 7.
#   controls:
#     cis-azure-3.0.0: ["4.10"]
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1", "BR-2"]
#   id: azure-storage-blob-soft-delete
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects:
#     - azurerm_storage_account.blob_properties.delete_retention_policy
#     - azurerm_storage_account.delete_retention_policy
#     - storage soft delete
#     - storage blob soft delete
package terrace.azure.storage.blob_soft_delete

import data.terrace.lib.plan

path := ["blob_properties", 0, "delete_retention_policy"]

deny contains plan.finding(r, path, "keeps deleted blobs for less than seven days") if {
	some r in plan.planned("azurerm_storage_account")
	plan.value(r, ["account_kind"], "StorageV2") != "FileStorage"
	not kept(r)
}

kept(r) if {
	plan.present(r, path)
	not plan.value(r, array.concat(path, [0, "days"]), 7) < 7
}
