# METADATA
# title: Virtual machines are in zones and in no availability set
# description: An availability set is in one data centre; zones are apart.
# custom:
#   severity: low
#   fix: Leave out availability_set_id, and set zone.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-availability-set
#   level: advisory
#   resources: [azurerm_linux_virtual_machine, azurerm_windows_virtual_machine]
#   subjects:
#     - azurerm_linux_virtual_machine.availability_set_id
#     - azurerm_windows_virtual_machine.availability_set_id
#     - virtual machine availability set
package terrace.azure.compute.availability_set

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["availability_set_id"]

deny contains plan.fact(r, path, "stands in an availability set") if {
	some r in plan.planned_any(azure.virtual_machines)
	plan.present(r, path)
}
