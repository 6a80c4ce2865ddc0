package terrace.azure.compute.accelerated_networking_test

import data.terrace.azure.compute.accelerated_networking
import data.terrace.lib.fixture

interface(values) := fixture.creates("azurerm_network_interface", values)

test_fails_with_the_default if {
	count(accelerated_networking.deny) == 1 with input as interface({})
}

test_fails_when_switched_off if {
	count(accelerated_networking.deny) == 1 with input as interface({"enable_accelerated_networking": false})
}

test_passes_when_switched_on if {
	count(accelerated_networking.deny) == 0 with input as interface({"accelerated_networking_enabled": true})
}
