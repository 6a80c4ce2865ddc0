# METADATA
# title: Machines have a managed identity
# description: A machine without an identity needs passwords to use anything.
# custom:
#   severity: low
#   fix: Add identity with type = "SystemAssigned" or "UserAssigned".
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-compute-machine-identity
#   level: advisory
#   resources:
#     - azurerm_linux_virtual_machine
#     - azurerm_windows_virtual_machine
#     - azurerm_linux_virtual_machine_scale_set
#     - azurerm_windows_virtual_machine_scale_set
#     - azurerm_orchestrated_virtual_machine_scale_set
#   subjects: [azurerm_linux_virtual_machine.identity, azurerm_windows_virtual_machine.identity, virtual machine managed identity]
package terrace.azure.compute.machine_identity

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set", "azurerm_orchestrated_virtual_machine_scale_set"]

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no identity") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
