package terrace.azure.postgres.entra_authentication_test

import data.terrace.azure.postgres.entra_authentication
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server", values)

test_fails_by_default if {
	count(entra_authentication.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(entra_authentication.deny) == 1 with input as making({"authentication": [{"active_directory_auth_enabled": false}]})
}

test_passes_when_it_is_on if {
	count(entra_authentication.deny) == 0 with input as making({"authentication": [{"active_directory_auth_enabled": true}]})
}

test_fails_until_it_is_known if {
	count(entra_authentication.deny) == 1 with input as fixture.unknowns("azurerm_postgresql_flexible_server", {}, {"authentication": [{"active_directory_auth_enabled": true}]})
}
