# METADATA
# title: Scale sets repair themselves
# description: A machine that is ill is replaced without anybody having to see it.
# custom:
#   severity: low
#   fix: Add automatic_instance_repair with enabled = true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-scale-set-repair
#   level: advisory
#   resources: [azurerm_orchestrated_virtual_machine_scale_set, azurerm_linux_virtual_machine_scale_set, azurerm_windows_virtual_machine_scale_set]
#   subjects:
#     - azurerm_orchestrated_virtual_machine_scale_set.automatic_instance_repair
#     - azurerm_linux_virtual_machine_scale_set.automatic_instance_repair
#     - azurerm_windows_virtual_machine_scale_set.automatic_instance_repair
#     - scale set automatic repair
#     - scale set instance repair
package terrace.azure.compute.scale_set_repair

import data.terrace.lib.plan

types := ["azurerm_orchestrated_virtual_machine_scale_set", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

path := ["automatic_instance_repair", 0, "enabled"]

deny contains plan.finding(r, path, "does not repair itself") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}
