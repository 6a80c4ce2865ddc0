package terrace.azure.compute.image_replicas_test

import data.terrace.azure.compute.image_replicas
import data.terrace.lib.fixture

image(values) := fixture.creates("azurerm_shared_image_version", values)

test_fails_with_one if {
	count(image_replicas.deny) == 1 with input as image({"target_region": [{"regional_replica_count": 1}]})
}

test_passes_with_three if {
	count(image_replicas.deny) == 0 with input as image({"target_region": [{"regional_replica_count": 3}]})
}
