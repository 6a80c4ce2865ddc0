package terrace.azure.kusto.customer_managed_key_test

import data.terrace.azure.kusto.customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_kusto_cluster", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_kusto_cluster", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_kusto_cluster.this",
)

test_fails_without if {
	count(customer_managed_key.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(customer_managed_key.deny) == 0 with input as both("azurerm_kusto_cluster_customer_managed_key", "cluster_id")
}
