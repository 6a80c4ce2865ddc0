package terrace.azure.storage.blob_versioning_test

import data.terrace.azure.storage.blob_versioning
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_with_the_default if {
	count(blob_versioning.deny) == 1 with input as account({})
}

test_fails_when_switched_off if {
	count(blob_versioning.deny) == 1 with input as account({"blob_properties": [{"versioning_enabled": false}]})
}

test_passes_when_switched_on if {
	count(blob_versioning.deny) == 0 with input as account({"blob_properties": [{"versioning_enabled": true}]})
}

test_passes_without_blobs if {
	count(blob_versioning.deny) == 0 with input as account({"account_kind": "FileStorage"})
}
