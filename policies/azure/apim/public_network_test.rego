package terrace.azure.apim.public_network_test

import data.terrace.azure.apim.public_network
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_with_the_default if {
	count(public_network.deny) == 1 with input as gateway({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as gateway({"public_network_access_enabled": true})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as gateway({"public_network_access_enabled": false})
}
