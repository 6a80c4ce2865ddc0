# METADATA
# title: Virtual machines are backed up
# description: A machine without a backup is gone with its disks.
# custom:
#   severity: medium
#   fix: Add azurerm_backup_protected_vm whose source_vm_id is the machine.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-compute-backup
#   level: advisory
#   resources: [azurerm_linux_virtual_machine, azurerm_windows_virtual_machine, azurerm_virtual_machine]
#   subjects: [VM has backup machine, virtual machine backup, azurerm_backup_protected_vm]
package terrace.azure.compute.backup

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_virtual_machine"]

deny contains plan.finding(r, [], "is not backed up") if {
	some r in plan.planned_any(types)
	count(plan.associated(r, "azurerm_backup_protected_vm", "source_vm_id")) == 0
}
