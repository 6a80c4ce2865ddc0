package terrace.azure.sql.entra_only_test

import data.terrace.azure.sql.entra_only
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server", values)

test_fails_without if {
	count(entra_only.deny) == 1 with input as making({})
}

test_fails_when_off if {
	count(entra_only.deny) == 1 with input as making({"azuread_administrator": [{"azuread_authentication_only": false}]})
}

test_passes_when_on if {
	count(entra_only.deny) == 0 with input as making({"azuread_administrator": [{"azuread_authentication_only": true}]})
}
