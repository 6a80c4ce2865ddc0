package terrace.azure.cosmos.postgres_high_availability_test

import data.terrace.azure.cosmos.postgres_high_availability
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_postgresql_cluster", values)

test_fails_by_default if {
	count(postgres_high_availability.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(postgres_high_availability.deny) == 1 with input as making({"ha_enabled": false})
}

test_passes_when_it_is_on if {
	count(postgres_high_availability.deny) == 0 with input as making({"ha_enabled": true})
}

test_fails_until_it_is_known if {
	count(postgres_high_availability.deny) == 1 with input as fixture.unknowns("azurerm_cosmosdb_postgresql_cluster", {}, {"ha_enabled": true})
}
