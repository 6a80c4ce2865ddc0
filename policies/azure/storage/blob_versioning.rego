# METADATA
# title: Storage accounts keep versions of blobs
# description: With versions, what was overwritten by mistake or by malware can be read again.
# custom:
#   severity: low
#   fix: Set versioning_enabled to true in blob_properties.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-storage-blob-versioning
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.blob_properties.versioning_enabled, storage blob versioning, azurerm_storage_account.versioning_enabled]
package terrace.azure.storage.blob_versioning

import data.terrace.lib.plan

path := ["blob_properties", 0, "versioning_enabled"]

deny contains plan.finding(r, path, "keeps no versions of blobs") if {
	some r in plan.planned("azurerm_storage_account")
	plan.value(r, ["account_kind"], "StorageV2") != "FileStorage"
	plan.certain(r, path, false) != true
}
