package terrace.azure.cosmos.multiple_writes_test

import data.terrace.azure.cosmos.multiple_writes
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_fails_by_default if {
	count(multiple_writes.deny) == 1 with input as making({})
}

test_passes_when_on if {
	count(multiple_writes.deny) == 0 with input as making({"multiple_write_locations_enabled": true})
}

test_passes_when_on_in_azurerm_3 if {
	count(multiple_writes.deny) == 0 with input as making({"enable_multiple_write_locations": true})
}

test_passes_in_one_region if {
	count(multiple_writes.deny) == 0 with input as making({"geo_location": [{"location": "westeurope"}]})
}
