package terrace.azure.postgres.connection_throttling_test

import data.terrace.azure.postgres.connection_throttling
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server_configuration", values)

test_fails_when_off if {
	count(connection_throttling.deny) == 1 with input as making({"name": "connection_throttling", "value": "off"})
}

test_passes_when_on if {
	count(connection_throttling.deny) == 0 with input as making({"name": "connection_throttling", "value": "on"})
}

test_passes_another_parameter if {
	count(connection_throttling.deny) == 0 with input as making({"name": "application_name", "value": "off"})
}
