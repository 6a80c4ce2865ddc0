package terrace.azure.storage.blob_logging_test

import data.terrace.azure.storage.blob_logging
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_without if {
	count(blob_logging.deny) == 1 with input as account({})
}

test_passes_without_blobs if {
	count(blob_logging.deny) == 0 with input as account({"account_kind": "FileStorage"})
}

beside(type, attribute, values) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_storage_account", "this", {}),
		fixture.create(type, "this", values),
	]),
	type, attribute, "azurerm_storage_account.this",
)

test_passes_with_a_diagnostic_setting if {
	count(blob_logging.deny) == 0 with input as beside("azurerm_monitor_diagnostic_setting", "target_resource_id", {})
}

test_passes_with_insights if {
	count(blob_logging.deny) == 0 with input as beside("azurerm_log_analytics_storage_insights", "storage_account_id", {"blob_container_names": ["a"]})
}
