package terrace.azure.network.flow_log_analytics_test

import data.terrace.azure.network.flow_log_analytics
import data.terrace.lib.fixture

log(values) := fixture.creates("azurerm_network_watcher_flow_log", values)

test_fails_without if {
	count(flow_log_analytics.deny) == 1 with input as log({})
}

test_fails_when_switched_off if {
	count(flow_log_analytics.deny) == 1 with input as log({"traffic_analytics": [{"enabled": false}]})
}

test_passes_when_switched_on if {
	count(flow_log_analytics.deny) == 0 with input as log({"traffic_analytics": [{"enabled": true}]})
}
