# METADATA
# title: Storage accounts have no local users
# description: Users of SFTP that the account itself keeps are in no directory, and nobody withdraws them.
# custom:
#   severity: medium
#   fix: Set local_user_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-storage-local-users
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.local_user_enabled, storage local user]
package terrace.azure.storage.local_users

import data.terrace.lib.plan

path := ["local_user_enabled"]

deny contains plan.finding(r, path, "lets users of its own in") if {
	some r in plan.planned("azurerm_storage_account")
	plan.certain(r, path, takes_sftp(r)) != false
	matters(r)
}

# matters: only accounts with a hierarchical namespace can have such users; for
# others the default does not matter.
matters(r) if takes_sftp(r) != false

matters(r) if plan.stated(r, "local_user_enabled")

takes_sftp(r) := plan.certain(r, ["is_hns_enabled"], false)
