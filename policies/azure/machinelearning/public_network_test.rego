package terrace.azure.machinelearning.public_network_test

import data.terrace.azure.machinelearning.public_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_machine_learning_workspace", values)

test_fails_by_default if {
	count(public_network.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(public_network.deny) == 1 with input as making({"public_network_access_enabled": true})
}

test_passes_when_it_is_off if {
	count(public_network.deny) == 0 with input as making({"public_network_access_enabled": false})
}

test_fails_by_an_older_name if {
	count(public_network.deny) == 1 with input as making({"public_access_behind_virtual_network_enabled": true})
}

test_passes_by_an_older_name if {
	count(public_network.deny) == 0 with input as making({"public_access_behind_virtual_network_enabled": false})
}

test_fails_until_it_is_known if {
	count(public_network.deny) == 1 with input as fixture.unknowns("azurerm_machine_learning_workspace", {}, {"public_network_access_enabled": true})
}
