package terrace.azure.sql.auditing_test

import data.terrace.azure.sql.auditing
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server", values)

beside(policy) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_mssql_server", "this", {}),
		fixture.create("azurerm_mssql_server_extended_auditing_policy", "this", policy),
	]),
	"azurerm_mssql_server_extended_auditing_policy", "server_id", "azurerm_mssql_server.this",
)

test_fails_without if {
	count(auditing.deny) == 1 with input as making({})
}

test_passes_with_the_block_of_azurerm_2 if {
	count(auditing.deny) == 0 with input as making({"extended_auditing_policy": [{"retention_in_days": 90}]})
}

test_passes_beside_a_policy if {
	count(auditing.deny) == 0 with input as beside({})
}

test_fails_beside_one_that_is_off if {
	count(auditing.deny) == 1 with input as beside({"enabled": false})
}
