package terrace.azure.mysql.private_endpoint_test

import data.terrace.azure.mysql.private_endpoint
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_flexible_server", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_mysql_flexible_server", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_mysql_flexible_server.this",
)

test_fails_without if {
	count(private_endpoint.deny) == 1 with input as making({})
}

test_passes_with_delegated_subnet_id if {
	count(private_endpoint.deny) == 0 with input as making({"delegated_subnet_id": "/subnets/a"})
}

test_passes_beside_one if {
	count(private_endpoint.deny) == 0 with input as both("azurerm_private_endpoint", "private_service_connection")
}
