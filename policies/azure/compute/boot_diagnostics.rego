# METADATA
# title: Machines keep what they say when they start
# description: Without it nobody knows why a machine does not start.
# custom:
#   severity: low
#   fix: Add boot_diagnostics; leave it empty for a storage account of Azure.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-compute-boot-diagnostics
#   level: advisory
#   resources:
#     - azurerm_linux_virtual_machine
#     - azurerm_windows_virtual_machine
#     - azurerm_linux_virtual_machine_scale_set
#     - azurerm_windows_virtual_machine_scale_set
#   subjects: [azurerm_linux_virtual_machine.boot_diagnostics, azurerm_windows_virtual_machine.boot_diagnostics, virtual machine boot diagnostics]
package terrace.azure.compute.boot_diagnostics

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

path := ["boot_diagnostics"]

deny contains plan.finding(r, path, "does not keep what it says when it starts") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
