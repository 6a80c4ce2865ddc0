package terrace.azure.logic.public_network_test

import data.terrace.azure.logic.public_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_logic_app_standard", values)

test_fails_by_default if {
	count(public_network.deny) == 1 with input as making({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as making({"public_network_access": "Enabled"})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as making({"public_network_access": "Disabled"})
}

test_passes_when_closed_in_azurerm_3 if {
	count(public_network.deny) == 0 with input as making({"site_config": [{"public_network_access_enabled": false}]})
}
