package terrace.azure.batch.key_vault_test

import data.terrace.azure.batch.key_vault
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_batch_account", values)

test_fails_without if {
	count(key_vault.deny) == 1 with input as account({})
}

test_fails_with_an_empty_block if {
	count(key_vault.deny) == 1 with input as account({"key_vault_reference": [{}]})
}

test_passes_with_a_vault if {
	count(key_vault.deny) == 0 with input as account({"key_vault_reference": [{"id": "/x"}]})
}

test_passes_with_a_vault_that_is_made_now if {
	count(key_vault.deny) == 0 with input as fixture.unknowns("azurerm_batch_account", {}, {"key_vault_reference": [{"id": true}]})
}

test_passes_with_a_key if {
	count(key_vault.deny) == 0 with input as account({"encryption": [{"key_vault_key_id": "https://v/keys/k"}]})
}
