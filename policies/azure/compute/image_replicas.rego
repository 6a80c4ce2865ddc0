# METADATA
# title: Shared images have three replicas
# description: With few replicas, many machines that start at once wait for the image, or do not start.
# custom:
#   severity: low
#   fix: Set regional_replica_count of target_region to 3 or more.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-image-replicas
#   level: advisory
#   resources: [azurerm_shared_image_version]
#   subjects:
#     - azurerm_shared_image_version.target_region.regional_replica_count
#     - shared image replica
#     - azurerm_shared_image_version.regional_replica_count
package terrace.azure.compute.image_replicas

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has fewer than three replicas") if {
	some r in plan.planned("azurerm_shared_image_version")
	some i, _ in plan.blocks(r, ["target_region"])
	path := ["target_region", i, "regional_replica_count"]
	plan.value(r, path, 0) < 3
}
