package terrace.azure.apim.regions_test

import data.terrace.azure.apim.regions
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_without if {
	count(regions.deny) == 1 with input as gateway({})
}

test_fails_with_an_empty_list if {
	count(regions.deny) == 1 with input as gateway({"additional_location": []})
}

test_passes_with if {
	count(regions.deny) == 0 with input as gateway({"additional_location": [{"location": "northeurope"}]})
}
