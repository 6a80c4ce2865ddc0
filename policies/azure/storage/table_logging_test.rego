package terrace.azure.storage.table_logging_test

import data.terrace.azure.storage.table_logging
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_without if {
	count(table_logging.deny) == 1 with input as account({})
}

test_passes_without_tables if {
	count(table_logging.deny) == 0 with input as account({"account_kind": "FileStorage"})
}

beside(type, attribute, values) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_storage_account", "this", {}),
		fixture.create(type, "this", values),
	]),
	type, attribute, "azurerm_storage_account.this",
)

test_passes_with_a_diagnostic_setting if {
	count(table_logging.deny) == 0 with input as beside("azurerm_monitor_diagnostic_setting", "target_resource_id", {})
}

test_passes_with_insights if {
	count(table_logging.deny) == 0 with input as beside("azurerm_log_analytics_storage_insights", "storage_account_id", {"table_names": ["a"]})
}
