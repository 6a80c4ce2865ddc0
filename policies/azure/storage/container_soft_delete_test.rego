package terrace.azure.storage.container_soft_delete_test

import data.terrace.azure.storage.container_soft_delete
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_without if {
	count(container_soft_delete.deny) == 1 with input as account({})
}

test_fails_with_too_few_days if {
	count(container_soft_delete.deny) == 1 with input as account({"blob_properties": [{"container_delete_retention_policy": [{"days": 1}]}]})
}

test_passes_with_the_default_days if {
	count(container_soft_delete.deny) == 0 with input as account({"blob_properties": [{"container_delete_retention_policy": [{}]}]})
}

test_passes_with_days if {
	count(container_soft_delete.deny) == 0 with input as account({"blob_properties": [{"container_delete_retention_policy": [{"days": 30}]}]})
}

test_passes_without_blobs if {
	count(container_soft_delete.deny) == 0 with input as account({"account_kind": "FileStorage"})
}
