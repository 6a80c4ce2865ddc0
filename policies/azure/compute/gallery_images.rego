# METADATA
# title: Shared images are kept across zones
# description: An image in one zone cannot be started while it is away, when it is wanted most.
# custom:
#   severity: low
#   fix: Set storage_account_type of target_region to "Standard_ZRS".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-gallery-images
#   level: advisory
#   resources: [azurerm_shared_image_version]
#   subjects:
#     - azurerm_shared_image_version.target_region.storage_account_type
#     - shared image zone redundan
#     - azurerm_shared_image_version.storage_account_type
package terrace.azure.compute.gallery_images

import data.terrace.lib.plan

deny contains plan.finding(r, path, "is kept in one zone") if {
	some r in plan.planned("azurerm_shared_image_version")
	some i, _ in plan.blocks(r, ["target_region"])
	path := ["target_region", i, "storage_account_type"]
	plan.certain(r, path, "Standard_LRS") != "Standard_ZRS"
}
