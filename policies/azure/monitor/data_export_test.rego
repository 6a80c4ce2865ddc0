package terrace.azure.monitor.data_export_test

import data.terrace.azure.monitor.data_export
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_log_analytics_workspace", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_log_analytics_workspace", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_log_analytics_workspace.this",
)

test_fails_without if {
	count(data_export.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(data_export.deny) == 0 with input as both("azurerm_log_analytics_data_export_rule", "workspace_resource_id")
}
