package terrace.azure.kusto.double_encryption_test

import data.terrace.azure.kusto.double_encryption
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_kusto_cluster", values)

test_fails_by_default if {
	count(double_encryption.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(double_encryption.deny) == 1 with input as making({"double_encryption_enabled": false})
}

test_passes_when_it_is_on if {
	count(double_encryption.deny) == 0 with input as making({"double_encryption_enabled": true})
}

test_fails_until_it_is_known if {
	count(double_encryption.deny) == 1 with input as fixture.unknowns("azurerm_kusto_cluster", {}, {"double_encryption_enabled": true})
}
