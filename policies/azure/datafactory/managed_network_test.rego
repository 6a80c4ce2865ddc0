package terrace.azure.datafactory.managed_network_test

import data.terrace.azure.datafactory.managed_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_data_factory", values)

test_fails_by_default if {
	count(managed_network.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(managed_network.deny) == 1 with input as making({"managed_virtual_network_enabled": false})
}

test_passes_when_it_is_on if {
	count(managed_network.deny) == 0 with input as making({"managed_virtual_network_enabled": true})
}

test_fails_until_it_is_known if {
	count(managed_network.deny) == 1 with input as fixture.unknowns("azurerm_data_factory", {}, {"managed_virtual_network_enabled": true})
}
