# METADATA
# title: Storage accounts are redundant across zones or regions
# description: What is kept in one data centre alone is lost with it.
# custom:
#   severity: medium
#   fix: Set account_replication_type to "ZRS" or "GZRS".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-storage-redundancy
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.account_replication_type, storage replication type, storage zone redundan]
package terrace.azure.storage.redundancy

import data.terrace.lib.plan

path := ["account_replication_type"]

deny contains plan.finding(r, path, "is kept in one zone alone") if {
	some r in plan.planned("azurerm_storage_account")
	plan.certain(r, path, "LRS") in {"LRS", plan.later}
}
