package terrace.azure.mysql.replicas_test

import data.terrace.azure.mysql.replicas
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_flexible_server", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_mysql_flexible_server", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_mysql_flexible_server.this",
)

test_fails_without if {
	count(replicas.deny) == 1 with input as making({})
}

test_passes_with_source_server_id if {
	count(replicas.deny) == 0 with input as making({"source_server_id": "/servers/a"})
}

test_passes_beside_one if {
	count(replicas.deny) == 0 with input as both("azurerm_mysql_flexible_server", "source_server_id")
}
