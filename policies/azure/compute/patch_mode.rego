# METADATA
# title: Machines are patched by Azure
# description: Patches by the platform are installed in time, zone by zone, and are seen in one place.
# custom:
#   severity: low
#   fix: Set patch_mode and patch_assessment_mode to "AutomaticByPlatform".
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-compute-patch-mode
#   level: advisory
#   resources: [azurerm_linux_virtual_machine, azurerm_windows_virtual_machine]
#   subjects:
#     - azurerm_linux_virtual_machine.patch_mode
#     - azurerm_windows_virtual_machine.patch_mode
#     - virtual machine patch mode
#     - virtual machine patching
#     - vm patch
package terrace.azure.compute.patch_mode

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["patch_mode"]

deny contains plan.finding(r, path, "is not patched by Azure") if {
	some r in plan.planned_any(azure.virtual_machines)
	plan.certain(r, path, "") != "AutomaticByPlatform"
}
