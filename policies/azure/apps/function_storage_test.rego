package terrace.azure.apps.function_storage_test

import data.terrace.azure.apps.function_storage
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_function_app", values)

test_fails_with_the_default if {
	count(function_storage.deny) == 1 with input as app({})
}

test_fails_with_a_key if {
	count(function_storage.deny) == 1 with input as app({"storage_account_access_key": "k"})
}

test_passes_by_an_identity if {
	count(function_storage.deny) == 0 with input as app({"storage_uses_managed_identity": true})
}

test_passes_with_a_key_from_a_vault if {
	count(function_storage.deny) == 0 with input as app({"storage_key_vault_secret_id": "https://v/secrets/s"})
}
