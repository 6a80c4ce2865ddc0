# METADATA
# title: Virtual machines say in which zone they are
# description: Machines without a zone may all be in the same one.
# custom:
#   severity: low
#   fix: Set zone, another one for each machine of a service.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-zone
#   level: advisory
#   resources: [azurerm_linux_virtual_machine, azurerm_windows_virtual_machine]
#   subjects: [azurerm_linux_virtual_machine.zone, azurerm_windows_virtual_machine.zone, virtual machine zone]
package terrace.azure.compute.zone

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["zone"]

deny contains plan.finding(r, path, "does not say in which zone it is") if {
	some r in plan.planned_any(azure.virtual_machines)
	not plan.present(r, path)
}
