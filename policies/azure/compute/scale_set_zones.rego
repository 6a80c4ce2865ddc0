# METADATA
# title: Scale sets are in several zones
# description: A set in one zone is away with it, however many machines it has.
# custom:
#   severity: medium
#   fix: Set zones to ["1", "2", "3"].
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-scale-set-zones
#   level: advisory
#   resources: [azurerm_orchestrated_virtual_machine_scale_set, azurerm_linux_virtual_machine_scale_set, azurerm_windows_virtual_machine_scale_set]
#   subjects:
#     - azurerm_orchestrated_virtual_machine_scale_set.zones
#     - azurerm_linux_virtual_machine_scale_set.zones
#     - azurerm_windows_virtual_machine_scale_set.zones
#     - scale set zone
package terrace.azure.compute.scale_set_zones

import data.terrace.lib.plan

types := ["azurerm_orchestrated_virtual_machine_scale_set", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

path := ["zones"]

deny contains plan.finding(r, path, "is in fewer than two zones") if {
	some r in plan.planned_any(types)
	not plan.spread(r, path)
}
