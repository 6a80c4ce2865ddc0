# METADATA
# title: Disks of Data Explorer are encrypted
# description: A disk that is not encrypted is read by whoever gets it.
# custom:
#   severity: medium
#   fix: Set disk_encryption_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-kusto-disk-encryption
#   level: advisory
#   resources: [azurerm_kusto_cluster]
#   subjects:
#     - azurerm_kusto_cluster.disk_encryption_enabled
#     - azurerm_kusto_cluster.enable_disk_encryption
#     - Data Explorer disk encryption
#     - kusto disk encryption
package terrace.azure.kusto.disk_encryption

import data.terrace.lib.plan

# The name of now, and those of older versions of the provider.
paths := [["disk_encryption_enabled"], ["enable_disk_encryption"]]

deny contains plan.finding(r, path, "has disks that are not encrypted") if {
	some r in plan.planned("azurerm_kusto_cluster")
	path := plan.named(r, paths)
	plan.certain(r, path, false) != true
}
