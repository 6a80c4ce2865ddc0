# METADATA
# title: Managed disks are encrypted with a key of their owner
# description: Who holds the key can withdraw it, rotate it, and see who used it.
# custom:
#   severity: medium
#   fix: Set disk_encryption_set_id.
#   controls:
#     cis-azure-3.0.0: ["8.3", "8.4"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-compute-disk-encryption-set
#   level: advisory
#   resources: [azurerm_managed_disk]
#   subjects: [azurerm_managed_disk.disk_encryption_set_id, managed disk encryption set, unattached disks encrypted]
package terrace.azure.compute.disk_encryption_set

import data.terrace.lib.plan

names := [["disk_encryption_set_id"], ["secure_vm_disk_encryption_set_id"]]

deny contains plan.finding(r, names[0], "is encrypted with a key of Microsoft") if {
	some r in plan.planned("azurerm_managed_disk")
	not plan.present(r, plan.named(r, names))
	not by_the_machine(r)
}

# by_the_machine: the machine encrypts the disk itself, with a key from a vault.
by_the_machine(r) if {
	plan.present(r, ["encryption_settings"])
	plan.value(r, ["encryption_settings", 0, "enabled"], true) != false
}
