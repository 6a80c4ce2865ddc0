# METADATA
# title: Storage accounts take HTTPS alone
# description: Plain HTTP shows account keys, tokens and data to everyone on the way.
# custom:
#   severity: high
#   fix: Set https_traffic_only_enabled to true.
#   controls:
#     cis-azure-3.0.0: ["4.1"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-storage-https-only
#   level: hard-mandatory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.https_traffic_only_enabled, storage https, storage transport encryption, storage secure transfer]
package terrace.azure.storage.https_only

import data.terrace.lib.plan

names := [["https_traffic_only_enabled"], ["enable_https_traffic_only"]]

deny contains plan.finding(r, path, "takes plain HTTP") if {
	some r in plan.planned("azurerm_storage_account")
	path := plan.named(r, names)
	plan.certain(r, path, true) != true
}
