# METADATA
# title: Storage accounts are of the second generation
# description: Accounts of the first generation have neither zones nor tiers nor the newer means of protection.
# custom:
#   severity: low
#   fix: Set account_kind to "StorageV2".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-storage-general-purpose-v2
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.account_kind, storage account kind, storage v2]
package terrace.azure.storage.general_purpose_v2

import data.terrace.lib.plan

path := ["account_kind"]

deny contains plan.finding(r, path, "is of the first generation") if {
	some r in plan.planned("azurerm_storage_account")
	plan.certain(r, path, "StorageV2") in {"Storage", "BlobStorage"}
}
