package terrace.azure.storage.public_network_test

import data.terrace.azure.storage.public_network
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_with_the_default if {
	count(public_network.deny) == 1 with input as account({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as account({"public_network_access_enabled": true})
}

test_fails_when_unknown if {
	count(public_network.deny) == 1 with input as fixture.unknowns("azurerm_storage_account", {}, {"public_network_access_enabled": true})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as account({"public_network_access_enabled": false})
}
