package terrace.azure.data.lake_encryption_test

import data.terrace.azure.data.lake_encryption
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_data_lake_store", values)

test_passes_by_default if {
	count(lake_encryption.deny) == 0 with input as making({})
}

test_fails_when_it_is_disabled if {
	count(lake_encryption.deny) == 1 with input as making({"encryption_state": "Disabled"})
}

test_passes_when_it_is_enabled if {
	count(lake_encryption.deny) == 0 with input as making({"encryption_state": "Enabled"})
}

test_fails_until_it_is_known if {
	count(lake_encryption.deny) == 1 with input as fixture.unknowns("azurerm_data_lake_store", {}, {"encryption_state": true})
}
