# METADATA
# title: Machines are searched for missing patches
# description: What nobody looks for is found by others.
# custom:
#   severity: low
#   fix: Set patch_assessment_mode to "AutomaticByPlatform".
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-compute-patch-assessment
#   level: advisory
#   resources: [azurerm_linux_virtual_machine, azurerm_windows_virtual_machine]
#   subjects:
#     - azurerm_linux_virtual_machine.patch_assessment_mode
#     - azurerm_windows_virtual_machine.patch_assessment_mode
#     - virtual machine patch assessment
package terrace.azure.compute.patch_assessment

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["patch_assessment_mode"]

deny contains plan.finding(r, path, "is not searched for missing patches") if {
	some r in plan.planned_any(azure.virtual_machines)
	plan.certain(r, path, "ImageDefault") != "AutomaticByPlatform"
}
