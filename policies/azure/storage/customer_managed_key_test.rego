package terrace.azure.storage.customer_managed_key_test

import data.terrace.azure.storage.customer_managed_key
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_without_a_key if {
	count(customer_managed_key.deny) == 1 with input as account({})
}

test_fails_with_an_empty_block if {
	count(customer_managed_key.deny) == 1 with input as account({"customer_managed_key": []})
}

test_passes_with_a_block if {
	count(customer_managed_key.deny) == 0 with input as account({"customer_managed_key": [{"key_vault_key_id": "https://v.vault.azure.net/keys/k"}]})
}

test_passes_with_a_key_that_is_unknown if {
	count(customer_managed_key.deny) == 0 with input as fixture.unknowns("azurerm_storage_account", {}, {"customer_managed_key": [{"key_vault_key_id": true}]})
}

test_passes_with_a_key_beside_it if {
	beside := fixture.plan([
		fixture.create("azurerm_storage_account", "this", {}),
		fixture.create("azurerm_storage_account_customer_managed_key", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_storage_account_customer_managed_key", "storage_account_id", "azurerm_storage_account.this")
	count(customer_managed_key.deny) == 0 with input as document
}
