package terrace.azure.postgres.log_duration_test

import data.terrace.azure.postgres.log_duration
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server_configuration", values)

test_fails_when_off if {
	count(log_duration.deny) == 1 with input as making({"name": "log_duration", "value": "off"})
}

test_passes_when_on if {
	count(log_duration.deny) == 0 with input as making({"name": "log_duration", "value": "on"})
}

test_passes_another_parameter if {
	count(log_duration.deny) == 0 with input as making({"name": "application_name", "value": "off"})
}
