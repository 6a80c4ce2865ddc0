# METADATA
# title: Windows machines update themselves
# description: What is known to be broken is attacked within days.
# custom:
#   severity: medium
#   fix: Set automatic_updates_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-compute-automatic-updates
#   level: soft-mandatory
#   resources: [azurerm_windows_virtual_machine, azurerm_windows_virtual_machine_scale_set]
#   subjects:
#     - azurerm_windows_virtual_machine.automatic_updates_enabled
#     - azurerm_windows_virtual_machine.enable_automatic_updates
#     - azurerm_windows_virtual_machine_scale_set.enable_automatic_updates
#     - win VM automatic updates
#     - windows automatic updates
package terrace.azure.compute.automatic_updates

import data.terrace.lib.plan

types := ["azurerm_windows_virtual_machine", "azurerm_windows_virtual_machine_scale_set"]

names := [["automatic_updates_enabled"], ["enable_automatic_updates"]]

deny contains plan.finding(r, path, "does not update itself") if {
	some r in plan.planned_any(types)
	not plan.value(r, ["patch_mode"], "AutomaticByOS") in {"AutomaticByPlatform", "Manual"}
	path := plan.named(r, names)
	plan.certain(r, path, true) != true
}
