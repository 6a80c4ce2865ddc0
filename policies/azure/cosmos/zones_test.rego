package terrace.azure.cosmos.zones_test

import data.terrace.azure.cosmos.zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_fails_without if {
	count(zones.deny) == 1 with input as making({})
}

test_fails_by_default if {
	count(zones.deny) == 1 with input as making({"geo_location": [{"location": "westeurope"}]})
}

test_fails_for_one_of_two if {
	count(zones.deny) == 1 with input as making({"geo_location": [{"location": "westeurope", "zone_redundant": true}, {"location": "northeurope"}]})
}

test_passes_in_several if {
	count(zones.deny) == 0 with input as making({"geo_location": [{"location": "westeurope", "zone_redundant": true}]})
}
