# METADATA
# title: Deleted containers can be restored
# description: Without soft delete, a container that somebody deletes or overwrites by mistake is gone at once.
# custom:
#   severity: medium
#   fix: Add container_delete_retention_policy to blob_properties, with days of at least 7.
#   controls:
#     cis-azure-3.0.0: ["4.10"]
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1", "BR-2"]
#   id: azure-storage-container-soft-delete
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects:
#     - azurerm_storage_account.blob_properties.container_delete_retention_policy
#     - azurerm_storage_account.container_delete_retention_policy
#     - storage container soft delete
package terrace.azure.storage.container_soft_delete

import data.terrace.lib.plan

path := ["blob_properties", 0, "container_delete_retention_policy"]

deny contains plan.finding(r, path, "keeps deleted containers for less than seven days") if {
	some r in plan.planned("azurerm_storage_account")
	plan.value(r, ["account_kind"], "StorageV2") != "FileStorage"
	not kept(r)
}

kept(r) if {
	plan.present(r, path)
	not plan.value(r, array.concat(path, [0, "days"]), 7) < 7
}
