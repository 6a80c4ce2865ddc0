package terrace.azure.apps.vnet_route_all_test

import data.terrace.azure.apps.vnet_route_all
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_the_default if {
	count(vnet_route_all.deny) == 1 with input as app({"virtual_network_subnet_id": "/x"})
}

test_passes_when_switched_on if {
	count(vnet_route_all.deny) == 0 with input as app({"virtual_network_subnet_id": "/x", "site_config": [{"vnet_route_all_enabled": true}]})
}

test_passes_without_a_network if {
	count(vnet_route_all.deny) == 0 with input as app({})
}
