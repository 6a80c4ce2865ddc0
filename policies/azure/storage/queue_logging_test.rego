package terrace.azure.storage.queue_logging_test

import data.terrace.azure.storage.queue_logging
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_without_logs if {
	count(queue_logging.deny) == 1 with input as account({})
}

test_fails_without_reads if {
	count(queue_logging.deny) == 1 with input as account({"queue_properties": [{"logging": [{"read": false, "write": true, "delete": true}]}]})
}

test_passes_with_all if {
	count(queue_logging.deny) == 0 with input as account({"queue_properties": [{"logging": [{"read": true, "write": true, "delete": true}]}]})
}

test_passes_without_queues if {
	count(queue_logging.deny) == 0 with input as account({"account_kind": "BlobStorage"})
}

test_passes_with_properties_beside_it if {
	beside := fixture.plan([
		fixture.create("azurerm_storage_account", "this", {}),
		fixture.create("azurerm_storage_account_queue_properties", "this", {"logging": [{"read": true, "write": true, "delete": true}]}),
	])
	document := fixture.referring(beside, "azurerm_storage_account_queue_properties", "storage_account_id", "azurerm_storage_account.this")
	count(queue_logging.deny) == 0 with input as document
}
