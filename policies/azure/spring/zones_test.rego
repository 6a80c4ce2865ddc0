package terrace.azure.spring.zones_test

import data.terrace.azure.spring.zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_spring_cloud_service", values)

test_fails_by_default if {
	count(zones.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(zones.deny) == 1 with input as making({"zone_redundant": false})
}

test_passes_when_it_is_on if {
	count(zones.deny) == 0 with input as making({"zone_redundant": true})
}

test_fails_until_it_is_known if {
	count(zones.deny) == 1 with input as fixture.unknowns("azurerm_spring_cloud_service", {}, {"zone_redundant": true})
}
