package terrace.azure.postgres.log_retention_test

import data.terrace.azure.postgres.log_retention
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server_configuration", values)

test_fails_when_off if {
	count(log_retention.deny) == 1 with input as making({"name": "log_retention", "value": "off"})
}

test_passes_when_on if {
	count(log_retention.deny) == 0 with input as making({"name": "log_retention", "value": "7"})
}

test_passes_another_parameter if {
	count(log_retention.deny) == 0 with input as making({"name": "application_name", "value": "off"})
}

test_fails_for_a_day if {
	count(log_retention.deny) == 1 with input as making({"name": "log_retention", "value": "1"})
}
