# METADATA
# title: Virtual machines use managed disks
# description: Disks in a storage account are as safe as its keys, and may be far from the machine.
# custom:
#   severity: high
#   fix: "Use managed disks: leave out vhd_uri, and set managed_disk_type."
#   controls:
#     cis-azure-3.0.0: ["8.2"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-compute-managed-disks
#   level: soft-mandatory
#   resources: [azurerm_virtual_machine, azurerm_virtual_machine_scale_set, azurerm_linux_virtual_machine, azurerm_windows_virtual_machine]
#   subjects: [virtual machine managed disk, azurerm_virtual_machine.storage_os_disk, VM storage os disk, virtual machines utilizing managed disks]
package terrace.azure.compute.managed_disks

import data.terrace.lib.plan

types := ["azurerm_virtual_machine", "azurerm_virtual_machine_scale_set", "azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine"]

deny contains plan.fact(r, path, "keeps a disk in a storage account") if {
	some r in plan.planned_any(types)
	some block in ["storage_os_disk", "storage_data_disk", "os_disk"]
	some i, _ in plan.blocks(r, [block])
	path := [block, i, "vhd_uri"]
	plan.present(r, path)
}

deny contains plan.finding(r, path, "does not say that its disk is managed") if {
	some r in plan.planned("azurerm_virtual_machine")
	path := ["storage_os_disk", 0, "managed_disk_type"]
	not plan.present(r, path)
	not plan.present(r, ["storage_os_disk", 0, "managed_disk_id"])
	not plan.present(r, ["storage_os_disk", 0, "vhd_uri"])
}
