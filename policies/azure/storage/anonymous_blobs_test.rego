package terrace.azure.storage.anonymous_blobs_test

import data.terrace.azure.storage.anonymous_blobs
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_with_the_default if {
	count(anonymous_blobs.deny) == 1 with input as account({})
}

test_fails_when_allowed if {
	count(anonymous_blobs.deny) == 1 with input as account({"allow_nested_items_to_be_public": true})
}

test_fails_when_allowed_in_azurerm_2 if {
	count(anonymous_blobs.deny) == 1 with input as account({"allow_blob_public_access": true})
}

test_passes_when_forbidden if {
	count(anonymous_blobs.deny) == 0 with input as account({"allow_nested_items_to_be_public": false})
}
