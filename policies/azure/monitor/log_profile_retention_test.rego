package terrace.azure.monitor.log_profile_retention_test

import data.terrace.azure.monitor.log_profile_retention
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_log_profile", values)

test_fails_for_a_month if {
	count(log_profile_retention.deny) == 1 with input as making({"retention_policy": [{"enabled": true, "days": 30}]})
}

test_fails_without if {
	count(log_profile_retention.deny) == 1 with input as making({})
}

test_passes_for_a_year if {
	count(log_profile_retention.deny) == 0 with input as making({"retention_policy": [{"enabled": true, "days": 365}]})
}

test_passes_without_limit if {
	count(log_profile_retention.deny) == 0 with input as making({"retention_policy": [{"enabled": false, "days": 0}]})
}
