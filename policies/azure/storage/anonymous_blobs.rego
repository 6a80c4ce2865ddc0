# METADATA
# title: Storage accounts let no container be public
# description: Where an account allows it, one wrong container shows its blobs to everyone without a login.
# custom:
#   severity: high
#   fix: Set allow_nested_items_to_be_public to false.
#   controls:
#     cis-azure-3.0.0: ["4.17"]
#     iso-27001-2022: ["A.8.3"]
#     mcsb: ["NS-2", "IM-1"]
#   id: azure-storage-anonymous-blobs
#   level: soft-mandatory
#   resources: [azurerm_storage_account]
#   subjects:
#     - azurerm_storage_account.allow_nested_items_to_be_public
#     - azurerm_storage_account.allow_blob_public_access
#     - storage blob restrict public access
#     - storage blob anonymous access
#     - storage blob public access
package terrace.azure.storage.anonymous_blobs

import data.terrace.lib.plan

names := [["allow_nested_items_to_be_public"], ["allow_blob_public_access"]]

deny contains plan.finding(r, path, "lets containers be read by everyone") if {
	some r in plan.planned("azurerm_storage_account")
	path := plan.named(r, names)
	plan.certain(r, path, true) != false
}
