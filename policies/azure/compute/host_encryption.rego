# METADATA
# title: Machines encrypt at their host
# description: Otherwise temporary disks and caches are written in clear.
# custom:
#   severity: medium
#   fix: Set encryption_at_host_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-compute-host-encryption
#   level: advisory
#   resources:
#     - azurerm_linux_virtual_machine
#     - azurerm_windows_virtual_machine
#     - azurerm_linux_virtual_machine_scale_set
#     - azurerm_windows_virtual_machine_scale_set
#     - azurerm_orchestrated_virtual_machine_scale_set
#   subjects:
#     - azurerm_linux_virtual_machine.encryption_at_host_enabled
#     - azurerm_windows_virtual_machine.encryption_at_host_enabled
#     - azurerm_linux_virtual_machine_scale_set.encryption_at_host_enabled
#     - azurerm_windows_virtual_machine_scale_set.encryption_at_host_enabled
#     - VM encryption at host
#     - virtual machine encryption at host
package terrace.azure.compute.host_encryption

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set", "azurerm_orchestrated_virtual_machine_scale_set"]

path := ["encryption_at_host_enabled"]

deny contains plan.finding(r, path, "does not encrypt at its host") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}
