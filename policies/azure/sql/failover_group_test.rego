package terrace.azure.sql.failover_group_test

import data.terrace.azure.sql.failover_group
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_mssql_server", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_mssql_server.this",
)

test_fails_without if {
	count(failover_group.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(failover_group.deny) == 0 with input as both("azurerm_mssql_failover_group", "server_id")
}
