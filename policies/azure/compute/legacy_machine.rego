# METADATA
# title: Virtual machines have their present types
# description: The old type knows neither encryption at the host nor trusted launch, and gets no new arguments.
# custom:
#   severity: medium
#   fix: Use azurerm_linux_virtual_machine or azurerm_windows_virtual_machine.
#   controls:
#     iso-27001-2022: ["A.8.9"]
#   id: azure-compute-legacy-machine
#   level: advisory
#   resources: [azurerm_virtual_machine, azurerm_virtual_machine_scale_set]
#   subjects: [azurerm_virtual_machine, legacy virtual machine]
package terrace.azure.compute.legacy_machine

import data.terrace.lib.plan

types := ["azurerm_virtual_machine", "azurerm_virtual_machine_scale_set"]

deny contains plan.finding(r, [], "is of an old type") if {
	some r in plan.planned_any(types)
}
