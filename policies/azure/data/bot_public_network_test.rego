package terrace.azure.data.bot_public_network_test

import data.terrace.azure.data.bot_public_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_bot_service_azure_bot", values)

test_fails_by_default if {
	count(bot_public_network.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(bot_public_network.deny) == 1 with input as making({"public_network_access_enabled": true})
}

test_passes_when_it_is_off if {
	count(bot_public_network.deny) == 0 with input as making({"public_network_access_enabled": false})
}

test_fails_until_it_is_known if {
	count(bot_public_network.deny) == 1 with input as fixture.unknowns("azurerm_bot_service_azure_bot", {}, {"public_network_access_enabled": true})
}
