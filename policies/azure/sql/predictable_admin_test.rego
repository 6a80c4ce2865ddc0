package terrace.azure.sql.predictable_admin_test

import data.terrace.azure.sql.predictable_admin
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server", values)

test_fails_for_a_name_that_is_guessed if {
	count(predictable_admin.deny) == 1 with input as making({"administrator_login": "Admin"})
}

test_passes_for_another if {
	count(predictable_admin.deny) == 0 with input as making({"administrator_login": "k7-orders"})
}

test_passes_without if {
	count(predictable_admin.deny) == 0 with input as making({})
}
