# METADATA
# title: Storage accounts take no shared keys
# description: A shared key opens all that is in an account, tells nobody who used it, and is never rotated in time.
# custom:
#   severity: medium
#   fix: Set shared_access_key_enabled to false, and give identities roles on the data.
#   controls:
#     iso-27001-2022: ["A.5.17", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-storage-shared-key
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.shared_access_key_enabled, storage shared key, storage shared access key]
package terrace.azure.storage.shared_key

import data.terrace.lib.plan

path := ["shared_access_key_enabled"]

deny contains plan.finding(r, path, "takes shared keys") if {
	some r in plan.planned("azurerm_storage_account")
	plan.certain(r, path, true) != false
}
