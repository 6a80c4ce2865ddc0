package terrace.azure.iot.public_network_test

import data.terrace.azure.iot.public_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_iothub", values)

test_fails_by_default if {
	count(public_network.deny) == 1 with input as making({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as making({"public_network_access_enabled": true})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as making({"public_network_access_enabled": false})
}
