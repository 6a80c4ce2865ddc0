package terrace.azure.monitor.alerts_enabled_test

import data.terrace.azure.monitor.alerts_enabled
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_activity_log_alert", values)

test_passes_by_default if {
	count(alerts_enabled.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(alerts_enabled.deny) == 1 with input as making({"enabled": false})
}

test_passes_when_it_is_on if {
	count(alerts_enabled.deny) == 0 with input as making({"enabled": true})
}

test_fails_until_it_is_known if {
	count(alerts_enabled.deny) == 1 with input as fixture.unknowns("azurerm_monitor_activity_log_alert", {}, {"enabled": true})
}
