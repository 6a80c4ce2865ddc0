package terrace.azure.servicebus.customer_managed_key_test

import data.terrace.azure.servicebus.customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_servicebus_namespace", values)

beside := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_servicebus_namespace", "this", {}),
		fixture.create("azurerm_servicebus_namespace_customer_managed_key", "this", {}),
	]),
	"azurerm_servicebus_namespace_customer_managed_key", "namespace_id", "azurerm_servicebus_namespace.this",
)

test_fails_without if {
	count(customer_managed_key.deny) == 1 with input as making({})
}

test_passes_with if {
	count(customer_managed_key.deny) == 0 with input as making({"customer_managed_key": [{"key_vault_key_id": "https://v.vault.azure.net/keys/k"}]})
}

test_passes_beside_one if {
	count(customer_managed_key.deny) == 0 with input as beside
}

test_passes_with_what_is_made_now if {
	count(customer_managed_key.deny) == 0 with input as fixture.unknowns("azurerm_servicebus_namespace", {}, {"customer_managed_key": [{"key_vault_key_id": true}]})
}
