# METADATA
# title: Disk encryption sets follow their key
# description: A key that is rotated in its vault changes nothing for disks that stay with the old version.
# custom:
#   severity: low
#   fix: Set auto_key_rotation_enabled to true, with a key without version.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-6"]
#   id: azure-compute-encryption-set-rotation
#   level: advisory
#   resources: [azurerm_disk_encryption_set]
#   subjects: [azurerm_disk_encryption_set.auto_key_rotation_enabled, disk encryption set rotation]
package terrace.azure.compute.encryption_set_rotation

import data.terrace.lib.plan

path := ["auto_key_rotation_enabled"]

deny contains plan.finding(r, path, "stays with an old version of its key") if {
	some r in plan.planned("azurerm_disk_encryption_set")
	plan.certain(r, path, false) != true
}
