package terrace.azure.synapse.no_admin_password_test

import data.terrace.azure.synapse.no_admin_password
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_synapse_workspace", values)

test_fails_with_one if {
	count(no_admin_password.deny) == 1 with input as making({"sql_administrator_login_password": "x"})
}

test_passes_without if {
	count(no_admin_password.deny) == 0 with input as making({"azuread_authentication_only": true})
}

test_fails_until_it_is_known if {
	count(no_admin_password.deny) == 1 with input as fixture.unknowns("azurerm_synapse_workspace", {}, {"sql_administrator_login_password": true})
}
