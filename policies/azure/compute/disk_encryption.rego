# METADATA
# title: Managed disks are encrypted
# description: Who gets hold of a disk that is not encrypted reads all that is on it.
# custom:
#   severity: high
#   fix: Use azurerm 5, in which disks are always encrypted, or set enabled in encryption_settings to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-compute-disk-encryption
#   level: hard-mandatory
#   resources: [azurerm_managed_disk]
#   subjects: [azurerm_managed_disk.encryption_settings, managed disk encryption]
package terrace.azure.compute.disk_encryption

import data.terrace.lib.plan

names := [["encryption_settings", 0, "enabled"], ["encryption_settings", "enabled"]]

deny contains plan.finding(r, path, "is not encrypted") if {
	some r in plan.planned("azurerm_managed_disk")
	not plan.present(r, ["disk_encryption_set_id"])
	path := plan.named(r, names)
	plan.certain(r, path, true) != true
}
