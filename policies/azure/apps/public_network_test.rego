package terrace.azure.apps.public_network_test

import data.terrace.azure.apps.public_network
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_the_default if {
	count(public_network.deny) == 1 with input as app({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as app({"public_network_access_enabled": true})
}

test_fails_for_a_function if {
	count(public_network.deny) == 1 with input as fixture.creates("azurerm_linux_function_app", {})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as app({"public_network_access_enabled": false})
}
