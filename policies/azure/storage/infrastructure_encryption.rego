# METADATA
# title: Storage accounts encrypt twice
# description: A second layer with another key and another algorithm keeps the data safe where the first one fails.
# custom:
#   severity: low
#   fix: Set infrastructure_encryption_enabled to true; the account is made anew for it.
#   controls:
#     cis-azure-3.0.0: ["4.2"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-storage-infrastructure-encryption
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.infrastructure_encryption_enabled, storage infrastructure encryption, storage double encryption]
package terrace.azure.storage.infrastructure_encryption

import data.terrace.lib.plan

path := ["infrastructure_encryption_enabled"]

deny contains plan.finding(r, path, "encrypts once alone") if {
	some r in plan.planned("azurerm_storage_account")
	plan.certain(r, path, false) != true
}
