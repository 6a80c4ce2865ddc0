package terrace.azure.network.flow_logs_test

import data.terrace.azure.network.flow_logs
import data.terrace.lib.fixture

network(values) := fixture.creates("azurerm_virtual_network", values)

test_fails_without if {
	count(flow_logs.deny) == 1 with input as network({})
}

test_passes_with_flow_logs if {
	beside := fixture.plan([
		fixture.create("azurerm_virtual_network", "this", {}),
		fixture.create("azurerm_network_watcher_flow_log", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_network_watcher_flow_log", "target_resource_id", "azurerm_virtual_network.this")
	count(flow_logs.deny) == 0 with input as document
}
