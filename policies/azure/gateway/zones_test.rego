package terrace.azure.gateway.zones_test

import data.terrace.azure.gateway.zones
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_application_gateway", values)

test_fails_without_zones if {
	count(zones.deny) == 1 with input as gateway({})
}

test_fails_in_one_zone if {
	count(zones.deny) == 1 with input as gateway({"zones": ["1"]})
}

test_passes_in_several if {
	count(zones.deny) == 0 with input as gateway({"zones": ["1", "2", "3"]})
}
