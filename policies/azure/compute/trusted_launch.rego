# METADATA
# title: Machines start trusted code alone
# description: Without it, malware that starts before the system is never seen.
# custom:
#   severity: medium
#   fix: Set secure_boot_enabled and vtpm_enabled to true.
#   controls:
#     cis-azure-3.0.0: ["8.11"]
#     iso-27001-2022: ["A.8.9"]
#     mcsb: ["PV-4"]
#   id: azure-compute-trusted-launch
#   level: advisory
#   resources:
#     - azurerm_linux_virtual_machine
#     - azurerm_windows_virtual_machine
#     - azurerm_linux_virtual_machine_scale_set
#     - azurerm_windows_virtual_machine_scale_set
#   subjects:
#     - azurerm_linux_virtual_machine.secure_boot_enabled
#     - azurerm_windows_virtual_machine.secure_boot_enabled
#     - azurerm_linux_virtual_machine.vtpm_enabled
#     - azurerm_windows_virtual_machine.vtpm_enabled
#     - virtual machine trusted launch
#     - vm secure boot
package terrace.azure.compute.trusted_launch

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

deny contains plan.finding(r, path, "starts code that nobody has signed") if {
	some r in plan.planned_any(types)
	not trusted(r)
	path := ["secure_boot_enabled"]
}

trusted(r) if {
	plan.value(r, ["secure_boot_enabled"], false) == true
	plan.value(r, ["vtpm_enabled"], false) == true
}
