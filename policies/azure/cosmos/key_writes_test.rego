package terrace.azure.cosmos.key_writes_test

import data.terrace.azure.cosmos.key_writes
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_fails_by_default if {
	count(key_writes.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(key_writes.deny) == 1 with input as making({"access_key_metadata_writes_enabled": true})
}

test_passes_when_it_is_off if {
	count(key_writes.deny) == 0 with input as making({"access_key_metadata_writes_enabled": false})
}

test_fails_until_it_is_known if {
	count(key_writes.deny) == 1 with input as fixture.unknowns("azurerm_cosmosdb_account", {}, {"access_key_metadata_writes_enabled": true})
}
