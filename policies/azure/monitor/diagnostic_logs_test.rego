package terrace.azure.monitor.diagnostic_logs_test

import data.terrace.azure.monitor.diagnostic_logs
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_diagnostic_setting", values)

test_fails_without if {
	count(diagnostic_logs.deny) == 1 with input as making({})
}

test_fails_when_off_in_azurerm_3 if {
	count(diagnostic_logs.deny) == 1 with input as making({"log": [{"category": "AuditEvent", "enabled": false}]})
}

test_passes_with if {
	count(diagnostic_logs.deny) == 0 with input as making({"enabled_log": [{"category_group": "audit"}]})
}

test_passes_in_azurerm_3 if {
	count(diagnostic_logs.deny) == 0 with input as making({"log": [{"category": "AuditEvent", "enabled": true}]})
}
