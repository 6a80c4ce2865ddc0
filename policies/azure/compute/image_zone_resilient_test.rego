package terrace.azure.compute.image_zone_resilient_test

import data.terrace.azure.compute.image_zone_resilient
import data.terrace.lib.fixture

image(values) := fixture.creates("azurerm_image", values)

test_fails_with_the_default if {
	count(image_zone_resilient.deny) == 1 with input as image({})
}

test_fails_when_switched_off if {
	count(image_zone_resilient.deny) == 1 with input as image({"zone_resilient": false})
}

test_passes_when_switched_on if {
	count(image_zone_resilient.deny) == 0 with input as image({"zone_resilient": true})
}
