# METADATA
# title: Container registries are in several zones
# description: No pod starts anew while the registry is away.
# custom:
#   severity: medium
#   fix: Set zone_redundancy_enabled to true, for georeplications too.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-acr-zones
#   level: advisory
#   resources: [azurerm_container_registry]
#   subjects: [azurerm_container_registry.zone_redundancy_enabled, ACR zone redundan, container registry zone redundan]
package terrace.azure.acr.zones

import data.terrace.lib.plan

deny contains plan.finding(r, path, "is in one zone alone") if {
	some r in plan.planned("azurerm_container_registry")
	some path in paths(r)
	plan.certain(r, path, false) != true
}

paths(r) := array.concat(
	[["zone_redundancy_enabled"]],
	[["georeplications", i, "zone_redundancy_enabled"] | some i, _ in plan.blocks(r, ["georeplications"])],
) if {
	not plan.unknown(r, ["georeplications"])
}

paths(r) := [["zone_redundancy_enabled"]] if plan.unknown(r, ["georeplications"])
