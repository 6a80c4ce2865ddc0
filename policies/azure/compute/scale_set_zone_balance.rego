# METADATA
# title: Scale sets that balance zones do so as well as they can
# description: A set that insists on the same number in each zone does not grow when a zone is full.
# custom:
#   severity: low
#   fix: Set zone_balance to false.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-scale-set-zone-balance
#   level: advisory
#   resources: [azurerm_orchestrated_virtual_machine_scale_set, azurerm_linux_virtual_machine_scale_set, azurerm_windows_virtual_machine_scale_set]
#   subjects:
#     - azurerm_orchestrated_virtual_machine_scale_set.zone_balance
#     - azurerm_linux_virtual_machine_scale_set.zone_balance
#     - azurerm_windows_virtual_machine_scale_set.zone_balance
#     - scale set zone balance
package terrace.azure.compute.scale_set_zone_balance

import data.terrace.lib.plan

types := ["azurerm_orchestrated_virtual_machine_scale_set", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

path := ["zone_balance"]

deny contains plan.finding(r, path, "does not grow when a zone is full") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != false
}
