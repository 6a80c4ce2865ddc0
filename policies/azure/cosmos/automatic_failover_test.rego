package terrace.azure.cosmos.automatic_failover_test

import data.terrace.azure.cosmos.automatic_failover
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_fails_by_default if {
	count(automatic_failover.deny) == 1 with input as making({})
}

test_fails_when_off if {
	count(automatic_failover.deny) == 1 with input as making({"automatic_failover_enabled": false})
}

test_passes_when_on if {
	count(automatic_failover.deny) == 0 with input as making({"automatic_failover_enabled": true})
}

test_passes_when_on_in_azurerm_3 if {
	count(automatic_failover.deny) == 0 with input as making({"enable_automatic_failover": true})
}

test_passes_in_one_region if {
	count(automatic_failover.deny) == 0 with input as making({"geo_location": [{"location": "westeurope"}]})
}

test_passes_where_all_regions_are_written_to if {
	count(automatic_failover.deny) == 0 with input as making({"multiple_write_locations_enabled": true})
}
