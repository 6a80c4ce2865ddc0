package terrace.azure.sql.data_encryption_test

import data.terrace.azure.sql.data_encryption
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_database", values)

test_passes_by_default if {
	count(data_encryption.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(data_encryption.deny) == 1 with input as making({"transparent_data_encryption_enabled": false})
}

test_passes_when_it_is_on if {
	count(data_encryption.deny) == 0 with input as making({"transparent_data_encryption_enabled": true})
}

test_fails_until_it_is_known if {
	count(data_encryption.deny) == 1 with input as fixture.unknowns("azurerm_mssql_database", {}, {"transparent_data_encryption_enabled": true})
}
