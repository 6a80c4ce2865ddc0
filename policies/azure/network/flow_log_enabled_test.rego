package terrace.azure.network.flow_log_enabled_test

import data.terrace.azure.network.flow_log_enabled
import data.terrace.lib.fixture

log(values) := fixture.creates("azurerm_network_watcher_flow_log", values)

test_fails_when_switched_off if {
	count(flow_log_enabled.deny) == 1 with input as log({"enabled": false})
}

test_fails_when_unknown if {
	count(flow_log_enabled.deny) == 1 with input as fixture.unknowns("azurerm_network_watcher_flow_log", {}, {"enabled": true})
}

test_passes_when_switched_on if {
	count(flow_log_enabled.deny) == 0 with input as log({"enabled": true})
}
