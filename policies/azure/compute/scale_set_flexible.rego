# METADATA
# title: Scale sets are orchestrated flexibly
# description: Flexible scale sets spread over zones and mix machines; sets of another kind are of the past.
# custom:
#   severity: low
#   fix: Use azurerm_orchestrated_virtual_machine_scale_set.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-scale-set-flexible
#   level: advisory
#   resources: [azurerm_linux_virtual_machine_scale_set, azurerm_windows_virtual_machine_scale_set]
#   subjects: [scale set orchestration mode flexible, scale set flexible]
package terrace.azure.compute.scale_set_flexible

import data.terrace.lib.azure
import data.terrace.lib.plan

deny contains plan.finding(r, [], "is not orchestrated flexibly") if {
	some r in plan.planned_any(azure.scale_sets)
}
