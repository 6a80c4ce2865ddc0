package terrace.azure.acr.public_network_test

import data.terrace.azure.acr.public_network
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_with_the_default if {
	count(public_network.deny) == 1 with input as registry({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as registry({"public_network_access_enabled": true})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as registry({"public_network_access_enabled": false})
}
