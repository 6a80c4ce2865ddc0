package terrace.azure.storage.local_users_test

import data.terrace.azure.storage.local_users
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_when_allowed if {
	count(local_users.deny) == 1 with input as account({"local_user_enabled": true})
}

test_fails_with_the_default_and_a_hierarchical_namespace if {
	count(local_users.deny) == 1 with input as account({"is_hns_enabled": true})
}

test_passes_when_refused if {
	count(local_users.deny) == 0 with input as account({"local_user_enabled": false, "is_hns_enabled": true})
}

test_passes_with_the_default if {
	count(local_users.deny) == 0 with input as account({})
}

test_passes_with_the_default_of_the_provider if {
	document := object.union(
		account({"local_user_enabled": true, "is_hns_enabled": false}),
		{"configuration": {"root_module": {"resources": [{"address": "azurerm_storage_account.this", "expressions": {}}]}}},
	)
	count(local_users.deny) == 0 with input as document
}
