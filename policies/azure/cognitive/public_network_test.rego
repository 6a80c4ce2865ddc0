package terrace.azure.cognitive.public_network_test

import data.terrace.azure.cognitive.public_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cognitive_account", values)

test_fails_by_default if {
	count(public_network.deny) == 1 with input as making({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as making({"public_network_access_enabled": true})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as making({"public_network_access_enabled": false})
}

test_passes_for_a_closed_foundry if {
	count(public_network.deny) == 0 with input as fixture.creates("azurerm_ai_foundry", {"public_network_access": "Disabled"})
}
