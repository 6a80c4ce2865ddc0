package terrace.azure.compute.image_trusted_launch_test

import data.terrace.azure.compute.image_trusted_launch
import data.terrace.lib.fixture

image(values) := fixture.creates("azurerm_shared_image", values)

test_fails_with_the_default if {
	count(image_trusted_launch.deny) == 1 with input as image({})
}

test_fails_when_switched_off if {
	count(image_trusted_launch.deny) == 1 with input as image({"trusted_launch_supported": false})
}

test_passes_when_supported if {
	count(image_trusted_launch.deny) == 0 with input as image({"trusted_launch_supported": true})
}

test_passes_when_asked_for if {
	count(image_trusted_launch.deny) == 0 with input as image({"trusted_launch_enabled": true})
}
