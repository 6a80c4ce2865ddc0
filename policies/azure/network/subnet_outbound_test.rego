package terrace.azure.network.subnet_outbound_test

import data.terrace.azure.network.subnet_outbound
import data.terrace.lib.fixture

subnet(values) := fixture.creates("azurerm_subnet", values)

test_fails_with_the_default if {
	count(subnet_outbound.deny) == 1 with input as subnet({})
}

test_fails_when_open if {
	count(subnet_outbound.deny) == 1 with input as subnet({"default_outbound_access_enabled": true})
}

test_passes_when_closed if {
	count(subnet_outbound.deny) == 0 with input as subnet({"default_outbound_access_enabled": false})
}
