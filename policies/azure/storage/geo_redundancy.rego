# METADATA
# title: Storage accounts are redundant across regions
# description: Data that must outlive a region has a copy in another one.
# custom:
#   severity: low
#   fix: Set account_replication_type to "GZRS" or "RAGZRS".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-storage-geo-redundancy
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [storage accounts use replication, storage geo redundan, storage geo replication]
package terrace.azure.storage.geo_redundancy

import data.terrace.lib.plan

path := ["account_replication_type"]

deny contains plan.finding(r, path, "has no copy in another region") if {
	some r in plan.planned("azurerm_storage_account")
	not plan.certain(r, path, "LRS") in {"GRS", "RAGRS", "GZRS", "RAGZRS"}
}
