package terrace.azure.postgres.no_passwords_test

import data.terrace.azure.postgres.no_passwords
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server", values)

test_fails_by_default if {
	count(no_passwords.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(no_passwords.deny) == 1 with input as making({"authentication": [{"password_auth_enabled": true}]})
}

test_passes_when_it_is_off if {
	count(no_passwords.deny) == 0 with input as making({"authentication": [{"password_auth_enabled": false}]})
}

test_fails_until_it_is_known if {
	count(no_passwords.deny) == 1 with input as fixture.unknowns("azurerm_postgresql_flexible_server", {}, {"authentication": [{"password_auth_enabled": true}]})
}
