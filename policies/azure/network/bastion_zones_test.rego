package terrace.azure.network.bastion_zones_test

import data.terrace.azure.network.bastion_zones
import data.terrace.lib.fixture

host(values) := fixture.creates("azurerm_bastion_host", values)

test_fails_without_zones if {
	count(bastion_zones.deny) == 1 with input as host({})
}

test_fails_in_one_zone if {
	count(bastion_zones.deny) == 1 with input as host({"zones": ["1"]})
}

test_passes_in_several if {
	count(bastion_zones.deny) == 0 with input as host({"zones": ["1", "2"]})
}
