package terrace.azure.cosmos.postgres_public_access_test

import data.terrace.azure.cosmos.postgres_public_access
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_postgresql_cluster", values)

test_fails_by_default if {
	count(postgres_public_access.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(postgres_public_access.deny) == 1 with input as making({"coordinator_public_ip_access_enabled": true})
}

test_passes_when_it_is_off if {
	count(postgres_public_access.deny) == 0 with input as making({"coordinator_public_ip_access_enabled": false})
}

test_fails_until_it_is_known if {
	count(postgres_public_access.deny) == 1 with input as fixture.unknowns("azurerm_cosmosdb_postgresql_cluster", {}, {"coordinator_public_ip_access_enabled": true})
}
