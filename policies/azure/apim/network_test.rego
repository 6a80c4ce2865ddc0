package terrace.azure.apim.network_test

import data.terrace.azure.apim.network
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_without if {
	count(network.deny) == 1 with input as gateway({})
}

test_fails_with_an_empty_block if {
	count(network.deny) == 1 with input as gateway({"virtual_network_configuration": [{}]})
}

test_passes_with if {
	count(network.deny) == 0 with input as gateway({"virtual_network_configuration": [{"subnet_id": "/x"}]})
}

test_passes_with_a_subnet_that_is_made_now if {
	count(network.deny) == 0 with input as fixture.unknowns("azurerm_api_management", {}, {"virtual_network_configuration": [{"subnet_id": true}]})
}
