package terrace.azure.monitor.cluster_customer_managed_key_test

import data.terrace.azure.monitor.cluster_customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_log_analytics_cluster", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_log_analytics_cluster", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_log_analytics_cluster.this",
)

test_fails_without if {
	count(cluster_customer_managed_key.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(cluster_customer_managed_key.deny) == 0 with input as both("azurerm_log_analytics_cluster_customer_managed_key", "log_analytics_cluster_id")
}
