package terrace.azure.batch.shared_keys_test

import data.terrace.azure.batch.shared_keys
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_batch_account", values)

test_fails_with_the_default if {
	count(shared_keys.deny) == 1 with input as account({})
}

test_fails_when_allowed if {
	count(shared_keys.deny) == 1 with input as account({"allowed_authentication_modes": ["AAD", "SharedKey"]})
}

test_passes_when_refused if {
	count(shared_keys.deny) == 0 with input as account({"allowed_authentication_modes": ["AAD"]})
}
