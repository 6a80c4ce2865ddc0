package terrace.azure.compute.gallery_images_test

import data.terrace.azure.compute.gallery_images
import data.terrace.lib.fixture

image(values) := fixture.creates("azurerm_shared_image_version", values)

test_fails_with_the_default if {
	count(gallery_images.deny) == 1 with input as image({"target_region": [{"name": "westeurope"}]})
}

test_passes_across_zones if {
	count(gallery_images.deny) == 0 with input as image({"target_region": [{"name": "westeurope", "storage_account_type": "Standard_ZRS"}]})
}
