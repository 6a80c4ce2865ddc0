package terrace.azure.network.gateway_active_active_test

import data.terrace.azure.network.gateway_active_active
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_virtual_network_gateway", values)

test_fails_with_the_default if {
	count(gateway_active_active.deny) == 1 with input as gateway({"type": "Vpn"})
}

test_fails_when_switched_off if {
	count(gateway_active_active.deny) == 1 with input as gateway({"type": "Vpn", "active_active": false})
}

test_passes_when_switched_on if {
	count(gateway_active_active.deny) == 0 with input as gateway({"type": "Vpn", "active_active": true})
}

test_passes_for_express_route if {
	count(gateway_active_active.deny) == 0 with input as gateway({"type": "ExpressRoute"})
}
