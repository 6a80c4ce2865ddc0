package terrace.azure.cosmos.mongo_public_network_test

import data.terrace.azure.cosmos.mongo_public_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mongo_cluster", values)

test_fails_by_default if {
	count(mongo_public_network.deny) == 1 with input as making({})
}

test_fails_when_it_is_enabled if {
	count(mongo_public_network.deny) == 1 with input as making({"public_network_access": "Enabled"})
}

test_passes_when_it_is_disabled if {
	count(mongo_public_network.deny) == 0 with input as making({"public_network_access": "Disabled"})
}

test_fails_until_it_is_known if {
	count(mongo_public_network.deny) == 1 with input as fixture.unknowns("azurerm_mongo_cluster", {}, {"public_network_access": true})
}
