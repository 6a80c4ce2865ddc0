package terrace.azure.acr.signed_images_test

import data.terrace.azure.acr.signed_images
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_with_the_default if {
	count(signed_images.deny) == 1 with input as registry({})
}

test_fails_when_switched_off if {
	count(signed_images.deny) == 1 with input as registry({"trust_policy_enabled": false})
}

test_passes_when_switched_on if {
	count(signed_images.deny) == 0 with input as registry({"trust_policy_enabled": true})
}

test_passes_when_switched_on_in_azurerm_3 if {
	count(signed_images.deny) == 0 with input as registry({"trust_policy": [{"enabled": true}]})
}
