package terrace.azure.postgres.log_disconnections_test

import data.terrace.azure.postgres.log_disconnections
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server_configuration", values)

test_fails_when_off if {
	count(log_disconnections.deny) == 1 with input as making({"name": "log_disconnections", "value": "off"})
}

test_passes_when_on if {
	count(log_disconnections.deny) == 0 with input as making({"name": "log_disconnections", "value": "on"})
}

test_passes_another_parameter if {
	count(log_disconnections.deny) == 0 with input as making({"name": "application_name", "value": "off"})
}
