package terrace.azure.network.gateway_generation_test

import data.terrace.azure.network.gateway_generation
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_virtual_network_gateway", values)

test_fails_with_policies if {
	count(gateway_generation.deny) == 1 with input as gateway({"vpn_type": "PolicyBased"})
}

test_passes_with_routes if {
	count(gateway_generation.deny) == 0 with input as gateway({"vpn_type": "RouteBased"})
}

test_passes_with_the_default if {
	count(gateway_generation.deny) == 0 with input as gateway({})
}
