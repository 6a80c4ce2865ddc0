package terrace.azure.network.public_ip_zones_test

import data.terrace.azure.network.public_ip_zones
import data.terrace.lib.fixture

address(values) := fixture.creates("azurerm_public_ip", values)

test_fails_without_zones if {
	count(public_ip_zones.deny) == 1 with input as address({})
}

test_fails_in_one_zone if {
	count(public_ip_zones.deny) == 1 with input as address({"zones": ["1"]})
}

test_passes_in_several if {
	count(public_ip_zones.deny) == 0 with input as address({"zones": ["1", "2", "3"]})
}
