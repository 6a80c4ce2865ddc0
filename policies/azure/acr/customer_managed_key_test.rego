package terrace.azure.acr.customer_managed_key_test

import data.terrace.azure.acr.customer_managed_key
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_without if {
	count(customer_managed_key.deny) == 1 with input as registry({})
}

test_passes_with if {
	count(customer_managed_key.deny) == 0 with input as registry({"encryption": [{"key_vault_key_id": "https://v/keys/k"}]})
}

test_passes_with_one_that_is_made_now if {
	count(customer_managed_key.deny) == 0 with input as fixture.unknowns("azurerm_container_registry", {}, {"encryption": [{"key_vault_key_id": true}]})
}
