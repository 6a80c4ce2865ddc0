package terrace.azure.sql.auditing_log_monitoring_test

import data.terrace.azure.sql.auditing_log_monitoring
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server_extended_auditing_policy", values)

test_passes_by_default if {
	count(auditing_log_monitoring.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(auditing_log_monitoring.deny) == 1 with input as making({"log_monitoring_enabled": false})
}

test_passes_when_it_is_on if {
	count(auditing_log_monitoring.deny) == 0 with input as making({"log_monitoring_enabled": true})
}

test_fails_until_it_is_known if {
	count(auditing_log_monitoring.deny) == 1 with input as fixture.unknowns("azurerm_mssql_server_extended_auditing_policy", {}, {"log_monitoring_enabled": true})
}
