package terrace.azure.storage.general_purpose_v2_test

import data.terrace.azure.storage.general_purpose_v2
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_of_the_first_generation if {
	count(general_purpose_v2.deny) == 1 with input as account({"account_kind": "Storage"})
}

test_fails_for_blobs_alone if {
	count(general_purpose_v2.deny) == 1 with input as account({"account_kind": "BlobStorage"})
}

test_passes_of_the_second if {
	count(general_purpose_v2.deny) == 0 with input as account({"account_kind": "StorageV2"})
}

test_passes_with_the_default if {
	count(general_purpose_v2.deny) == 0 with input as account({})
}
