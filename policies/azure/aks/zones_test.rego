package terrace.azure.aks.zones_test

import data.terrace.azure.aks.zones
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(zones.deny) == 1 with input as cluster({"default_node_pool": [{}]})
}

test_fails_in_one_zone if {
	count(zones.deny) == 1 with input as cluster({"default_node_pool": [{"zones": ["1"]}]})
}

test_fails_for_a_pool if {
	count(zones.deny) == 1 with input as fixture.creates("azurerm_kubernetes_cluster_node_pool", {"zones": []})
}

test_passes_in_several if {
	count(zones.deny) == 0 with input as cluster({"default_node_pool": [{"zones": ["1", "2", "3"]}]})
}

test_passes_for_a_pool_in_several if {
	count(zones.deny) == 0 with input as fixture.creates("azurerm_kubernetes_cluster_node_pool", {"zones": ["1", "2"]})
}
