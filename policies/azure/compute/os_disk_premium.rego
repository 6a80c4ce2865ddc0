# METADATA
# title: Virtual machines start from premium disks
# description: Only machines whose disks are premium have an availability that Azure stands for.
# custom:
#   severity: low
#   fix: Set storage_account_type of os_disk to "Premium_LRS" or "Premium_ZRS".
#   controls:
#     iso-27001-2022: ["A.8.6", "A.8.14"]
#   id: azure-compute-os-disk-premium
#   level: advisory
#   resources:
#     - azurerm_linux_virtual_machine
#     - azurerm_windows_virtual_machine
#     - azurerm_linux_virtual_machine_scale_set
#     - azurerm_windows_virtual_machine_scale_set
#   subjects:
#     - azurerm_linux_virtual_machine.os_disk.storage_account_type
#     - azurerm_windows_virtual_machine.os_disk.storage_account_type
#     - virtual machine os disk storage account type
#     - azurerm_linux_virtual_machine.storage_account_type
#     - azurerm_windows_virtual_machine.storage_account_type
package terrace.azure.compute.os_disk_premium

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

path := ["os_disk", 0, "storage_account_type"]

deny contains plan.finding(r, path, "starts from a disk that is not premium") if {
	some r in plan.planned_any(types)
	not plan.certain(r, path, "") in {"Premium_LRS", "Premium_ZRS", "PremiumV2_LRS", "UltraSSD_LRS"}
}
