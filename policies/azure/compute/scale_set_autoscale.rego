# METADATA
# title: Scale sets grow by themselves
# description: A set of a fixed size is too small on the day that counts.
# custom:
#   severity: low
#   fix: Add azurerm_monitor_autoscale_setting whose target_resource_id is the resource.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-compute-scale-set-autoscale
#   level: advisory
#   resources: [azurerm_orchestrated_virtual_machine_scale_set, azurerm_linux_virtual_machine_scale_set, azurerm_windows_virtual_machine_scale_set]
#   subjects: [scale set autoscale]
package terrace.azure.compute.scale_set_autoscale

import data.terrace.lib.plan

types := ["azurerm_orchestrated_virtual_machine_scale_set", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

deny contains plan.finding(r, [], "does not grow by itself") if {
	some r in plan.planned_any(types)
	count(plan.associated(r, "azurerm_monitor_autoscale_setting", "target_resource_id")) == 0
}
