# METADATA
# title: Scale sets know whether their machines are well
# description: A machine that is ill is neither repaired nor left out of upgrades otherwise.
# custom:
#   severity: medium
#   fix: Set health_probe_id, or add an extension of the publisher Microsoft.ManagedServices.
#   controls:
#     iso-27001-2022: ["A.8.14", "A.8.16"]
#   id: azure-compute-scale-set-health
#   level: advisory
#   resources: [azurerm_orchestrated_virtual_machine_scale_set, azurerm_linux_virtual_machine_scale_set, azurerm_windows_virtual_machine_scale_set]
#   subjects:
#     - azurerm_linux_virtual_machine_scale_set.health_probe_id
#     - azurerm_windows_virtual_machine_scale_set.health_probe_id
#     - scale set application health
#     - scale set health
package terrace.azure.compute.scale_set_health

import data.terrace.lib.plan

types := ["azurerm_orchestrated_virtual_machine_scale_set", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

deny contains plan.finding(r, ["health_probe_id"], "does not know whether its machines are well") if {
	some r in plan.planned_any(types)
	not plan.present(r, ["health_probe_id"])
	not told(r)
}

told(r) if {
	some extension in plan.blocks(r, ["extension"])
	extension.publisher == "Microsoft.ManagedServices"
}

told(r) if plan.unknown(r, ["extension"])
