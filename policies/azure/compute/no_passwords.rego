# METADATA
# title: Linux machines take no passwords
# description: A password can be guessed, and is tried everywhere.
# custom:
#   severity: high
#   fix: Set disable_password_authentication to true.
#   controls:
#     iso-27001-2022: ["A.8.5"]
#     mcsb: ["IM-6"]
#   id: azure-compute-no-passwords
#   level: hard-mandatory
#   resources:
#     - azurerm_linux_virtual_machine
#     - azurerm_linux_virtual_machine_scale_set
#     - azurerm_virtual_machine
#     - azurerm_virtual_machine_scale_set
#     - azurerm_orchestrated_virtual_machine_scale_set
#   subjects:
#     - azurerm_linux_virtual_machine.disable_password_authentication
#     - azurerm_linux_virtual_machine_scale_set.disable_password_authentication
#     - VM disable password authentication
#     - instance password
#     - scale set password
#     - virtual machine password
package terrace.azure.compute.no_passwords

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_linux_virtual_machine_scale_set", "azurerm_virtual_machine", "azurerm_virtual_machine_scale_set", "azurerm_orchestrated_virtual_machine_scale_set"]

paths := [
	["disable_password_authentication"],
	["os_profile_linux_config", 0, "disable_password_authentication"],
	["os_profile", 0, "linux_configuration", 0, "disable_password_authentication"],
]

deny contains plan.finding(r, path, "takes passwords") if {
	some r in plan.planned_any(types)
	some path in paths
	plan.certain(r, path, true) != true
}
