# METADATA
# title: Event Hubs are in several zones
# description: A namespace in one zone is gone while the zone is. Since azurerm 4 zones come with the region.
# custom:
#   severity: medium
#   fix: Use a region that has zones; before azurerm 4 set zone_redundant to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-eventhub-zones
#   level: advisory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - Event hub zone redundan
#     - azurerm_eventhub_namespace.zone_redundant
package terrace.azure.eventhub.zones

import data.terrace.lib.azure
import data.terrace.lib.plan

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	path := plan.named(r, [["zone_redundant"], ["location"]])
	not zonal(r)
}

zonal(r) if plan.value(r, ["zone_redundant"], false) == true

# A region that is known after the apply alone cannot be judged.
zonal(r) if plan.unknown(r, ["location"])

zonal(r) if {
	object.get(r.values, "zone_redundant", null) == null
	plan.location(r) in azure.zonal_regions
}
