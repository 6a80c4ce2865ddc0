package terrace.azure.apim.zones_test

import data.terrace.azure.apim.zones
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_without_zones if {
	count(zones.deny) == 1 with input as gateway({})
}

test_fails_in_one_zone if {
	count(zones.deny) == 1 with input as gateway({"zones": ["1"]})
}

test_passes_in_several if {
	count(zones.deny) == 0 with input as gateway({"zones": ["1", "2", "3"]})
}
