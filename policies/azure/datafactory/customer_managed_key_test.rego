package terrace.azure.datafactory.customer_managed_key_test

import data.terrace.azure.datafactory.customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_data_factory", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_data_factory", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_data_factory.this",
)

test_fails_without if {
	count(customer_managed_key.deny) == 1 with input as making({})
}

test_passes_with_customer_managed_key_id if {
	count(customer_managed_key.deny) == 0 with input as making({"customer_managed_key_id": "https://v.vault.azure.net/keys/k"})
}

test_passes_beside_one if {
	count(customer_managed_key.deny) == 0 with input as both("azurerm_data_factory_customer_managed_key", "data_factory_id")
}

test_passes_beside_another_1 if {
	count(customer_managed_key.deny) == 0 with input as both("azurerm_data_factory_linked_service_key_vault", "data_factory_id")
}

test_passes_beside_another_2 if {
	count(customer_managed_key.deny) == 0 with input as both("azurerm_data_factory_linked_service_key_vault", "data_factory_name")
}
