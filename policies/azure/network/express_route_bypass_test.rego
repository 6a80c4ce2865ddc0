package terrace.azure.network.express_route_bypass_test

import data.terrace.azure.network.express_route_bypass
import data.terrace.lib.fixture

connection(values) := fixture.creates("azurerm_virtual_network_gateway_connection", values)

test_fails_with_the_default if {
	count(express_route_bypass.deny) == 1 with input as connection({"type": "ExpressRoute"})
}

test_passes_when_switched_on if {
	count(express_route_bypass.deny) == 0 with input as connection({"type": "ExpressRoute", "express_route_gateway_bypass": true})
}

test_passes_for_a_tunnel if {
	count(express_route_bypass.deny) == 0 with input as connection({"type": "IPsec"})
}
