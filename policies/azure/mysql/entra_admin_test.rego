package terrace.azure.mysql.entra_admin_test

import data.terrace.azure.mysql.entra_admin
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_flexible_server", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_mysql_flexible_server", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_mysql_flexible_server.this",
)

test_fails_without if {
	count(entra_admin.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(entra_admin.deny) == 0 with input as both("azurerm_mysql_flexible_server_active_directory_administrator", "server_id")
}
