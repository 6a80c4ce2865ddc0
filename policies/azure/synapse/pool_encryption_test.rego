package terrace.azure.synapse.pool_encryption_test

import data.terrace.azure.synapse.pool_encryption
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_synapse_sql_pool", values)

test_fails_by_default if {
	count(pool_encryption.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(pool_encryption.deny) == 1 with input as making({"data_encrypted": false})
}

test_passes_when_it_is_on if {
	count(pool_encryption.deny) == 0 with input as making({"data_encrypted": true})
}

test_fails_until_it_is_known if {
	count(pool_encryption.deny) == 1 with input as fixture.unknowns("azurerm_synapse_sql_pool", {}, {"data_encrypted": true})
}
