package terrace.azure.storage.shared_key_test

import data.terrace.azure.storage.shared_key
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_with_the_default if {
	count(shared_key.deny) == 1 with input as account({})
}

test_fails_when_allowed if {
	count(shared_key.deny) == 1 with input as account({"shared_access_key_enabled": true})
}

test_passes_when_refused if {
	count(shared_key.deny) == 0 with input as account({"shared_access_key_enabled": false})
}
