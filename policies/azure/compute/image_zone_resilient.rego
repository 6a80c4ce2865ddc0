# METADATA
# title: Images are kept across zones
# description: An image in one zone cannot be started while it is away, when it is wanted most.
# custom:
#   severity: low
#   fix: Set zone_resilient to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-image-zone-resilient
#   level: advisory
#   resources: [azurerm_image]
#   subjects: [azurerm_image.zone_resilient, image zone resilient]
package terrace.azure.compute.image_zone_resilient

import data.terrace.lib.plan

path := ["zone_resilient"]

deny contains plan.finding(r, path, "is kept in one zone") if {
	some r in plan.planned("azurerm_image")
	plan.certain(r, path, false) != true
}
