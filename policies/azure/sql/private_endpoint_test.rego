package terrace.azure.sql.private_endpoint_test

import data.terrace.azure.sql.private_endpoint
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_mssql_server", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_mssql_server.this",
)

test_fails_without if {
	count(private_endpoint.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(private_endpoint.deny) == 0 with input as both("azurerm_private_endpoint", "private_service_connection")
}
