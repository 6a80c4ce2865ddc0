package terrace.azure.sql.entra_admin_test

import data.terrace.azure.sql.entra_admin
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server", values)

test_fails_without if {
	count(entra_admin.deny) == 1 with input as making({})
}

test_fails_with_an_empty_block if {
	count(entra_admin.deny) == 1 with input as making({"azuread_administrator": [{}]})
}

test_passes_with if {
	count(entra_admin.deny) == 0 with input as making({"azuread_administrator": [{"login_username": "dbas", "object_id": "1"}]})
}

test_passes_with_one_that_is_made_now if {
	count(entra_admin.deny) == 0 with input as fixture.unknowns("azurerm_mssql_server", {}, {"azuread_administrator": [{"login_username": true}]})
}

test_fails_for_a_managed_instance if {
	count(entra_admin.deny) == 1 with input as fixture.creates("azurerm_mssql_managed_instance", {})
}

test_fails_for_the_old_type if {
	count(entra_admin.deny) == 1 with input as fixture.creates("azurerm_sql_server", {})
}

test_passes_for_a_managed_instance if {
	count(entra_admin.deny) == 0 with input as fixture.creates("azurerm_mssql_managed_instance", {"azure_active_directory_administrator": [{"login_username": "dbas"}]})
}
