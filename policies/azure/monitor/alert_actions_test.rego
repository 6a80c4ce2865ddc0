package terrace.azure.monitor.alert_actions_test

import data.terrace.azure.monitor.alert_actions
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_activity_log_alert", values)

test_fails_without if {
	count(alert_actions.deny) == 1 with input as making({})
}

test_passes_with if {
	count(alert_actions.deny) == 0 with input as making({"action": [{"action_group_id": "/a"}]})
}
