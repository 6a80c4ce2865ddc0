package terrace.azure.network.flow_log_retention_test

import data.terrace.azure.network.flow_log_retention
import data.terrace.lib.fixture

log(values) := fixture.creates("azurerm_network_watcher_flow_log", values)

test_fails_without_a_policy if {
	count(flow_log_retention.deny) == 1 with input as log({"enabled": true})
}

test_fails_with_too_few_days if {
	count(flow_log_retention.deny) == 1 with input as log({"enabled": true, "retention_policy": [{"enabled": true, "days": 30}]})
}

test_fails_with_a_policy_that_is_off if {
	count(flow_log_retention.deny) == 1 with input as log({"enabled": true, "retention_policy": [{"enabled": false, "days": 90}]})
}

test_fails_when_switched_off if {
	count(flow_log_retention.deny) == 1 with input as log({"enabled": false, "retention_policy": [{"enabled": true, "days": 90}]})
}

test_passes_with_days if {
	count(flow_log_retention.deny) == 0 with input as log({"enabled": true, "retention_policy": [{"enabled": true, "days": 90}]})
}

test_passes_for_ever if {
	count(flow_log_retention.deny) == 0 with input as log({"enabled": true, "retention_policy": [{"enabled": true, "days": 0}]})
}
