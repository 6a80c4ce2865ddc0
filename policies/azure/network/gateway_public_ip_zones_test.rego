package terrace.azure.network.gateway_public_ip_zones_test

import data.terrace.azure.network.gateway_public_ip_zones
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_virtual_network_gateway", values)

test_passes_without_an_address_in_the_plan if {
	count(gateway_public_ip_zones.deny) == 0 with input as gateway({})
}

addressed(values) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_public_ip", "this", values),
		fixture.create("azurerm_virtual_network_gateway", "this", {}),
	]),
	"azurerm_virtual_network_gateway", "ip_configuration", "azurerm_public_ip.this",
)

test_fails_in_one_zone if {
	count(gateway_public_ip_zones.deny) == 1 with input as addressed({"zones": ["1"]})
}

test_passes_in_several if {
	count(gateway_public_ip_zones.deny) == 0 with input as addressed({"zones": ["1", "2", "3"]})
}
