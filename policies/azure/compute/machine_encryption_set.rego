# METADATA
# title: Disks of machines are encrypted with a key of their owner
# description: Who holds the key can withdraw it, rotate it, and see who used it.
# custom:
#   severity: medium
#   fix: Set disk_encryption_set_id of os_disk.
#   controls:
#     cis-azure-3.0.0: ["8.3"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-compute-machine-encryption-set
#   level: advisory
#   resources:
#     - azurerm_linux_virtual_machine
#     - azurerm_windows_virtual_machine
#     - azurerm_linux_virtual_machine_scale_set
#     - azurerm_windows_virtual_machine_scale_set
#   subjects:
#     - azurerm_linux_virtual_machine.os_disk.disk_encryption_set_id
#     - azurerm_windows_virtual_machine.os_disk.disk_encryption_set_id
#     - virtual machine os disk encryption set
#     - azurerm_linux_virtual_machine.disk_encryption_set_id
#     - azurerm_windows_virtual_machine.disk_encryption_set_id
package terrace.azure.compute.machine_encryption_set

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

names := [["os_disk", 0, "disk_encryption_set_id"], ["os_disk", 0, "secure_vm_disk_encryption_set_id"]]

deny contains plan.finding(r, names[0], "starts from a disk that is encrypted with a key of Microsoft") if {
	some r in plan.planned_any(types)
	not plan.present(r, plan.named(r, names))
}
