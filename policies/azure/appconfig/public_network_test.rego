package terrace.azure.appconfig.public_network_test

import data.terrace.azure.appconfig.public_network
import data.terrace.lib.fixture

store(values) := fixture.creates("azurerm_app_configuration", values)

test_fails_with_the_default if {
	count(public_network.deny) == 1 with input as store({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as store({"public_network_access": "Enabled"})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as store({"public_network_access": "Disabled"})
}

test_passes_with_a_private_endpoint if {
	beside := fixture.plan([
		fixture.create("azurerm_app_configuration", "this", {}),
		fixture.create("azurerm_private_endpoint", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_private_endpoint", "private_service_connection", "azurerm_app_configuration.this")
	count(public_network.deny) == 0 with input as document
}
