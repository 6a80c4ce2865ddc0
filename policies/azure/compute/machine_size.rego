# METADATA
# title: Machines are of a size whose processor is theirs
# description: Machines of the series A and B are slow when they have used up what they saved.
# custom:
#   severity: low
#   fix: Set size to one of the series D, E or F.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-compute-machine-size
#   level: advisory
#   resources: [azurerm_linux_virtual_machine, azurerm_windows_virtual_machine]
#   subjects: [azurerm_linux_virtual_machine.size, azurerm_windows_virtual_machine.size, virtual machine size]
package terrace.azure.compute.machine_size

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["size"]

deny contains plan.finding(r, path, "is of a series that is slow under load") if {
	some r in plan.planned_any(azure.virtual_machines)
	regex.match(`^(Standard|Basic)_[AB][0-9]`, plan.value(r, path, ""))
}
