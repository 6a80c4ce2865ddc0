package terrace.azure.cosmos.regions_test

import data.terrace.azure.cosmos.regions
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_fails_in_one_region if {
	count(regions.deny) == 1 with input as making({"geo_location": [{"location": "westeurope"}]})
}

test_fails_without if {
	count(regions.deny) == 1 with input as making({})
}

test_passes_in_two if {
	count(regions.deny) == 0 with input as making({"geo_location": [{"location": "westeurope"}, {"location": "northeurope"}]})
}
