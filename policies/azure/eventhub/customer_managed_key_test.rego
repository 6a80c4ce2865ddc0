package terrace.azure.eventhub.customer_managed_key_test

import data.terrace.azure.eventhub.customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventhub_namespace", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_eventhub_namespace", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_eventhub_namespace.this",
)

test_fails_without if {
	count(customer_managed_key.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(customer_managed_key.deny) == 0 with input as both("azurerm_eventhub_namespace_customer_managed_key", "eventhub_namespace_id")
}
