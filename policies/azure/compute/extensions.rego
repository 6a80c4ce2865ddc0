# METADATA
# title: Machines take no extensions
# description: Whoever may change a machine runs anything in it, by an extension.
# custom:
#   severity: low
#   fix: Set allow_extension_operations to false.
#   controls:
#     cis-azure-3.0.0: ["8.7"]
#     iso-27001-2022: ["A.8.19"]
#   id: azure-compute-extensions
#   level: advisory
#   resources: [azurerm_linux_virtual_machine, azurerm_windows_virtual_machine]
#   subjects:
#     - azurerm_linux_virtual_machine.allow_extension_operations
#     - azurerm_windows_virtual_machine.allow_extension_operations
#     - instance extensions
#     - virtual machine extension operations
package terrace.azure.compute.extensions

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["allow_extension_operations"]

deny contains plan.finding(r, path, "takes extensions") if {
	some r in plan.planned_any(azure.virtual_machines)
	plan.certain(r, path, true) != false
}
