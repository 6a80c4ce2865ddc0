package terrace.azure.aks.node_count_test

import data.terrace.azure.aks.node_count
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(node_count.deny) == 1 with input as cluster({"default_node_pool": [{}]})
}

test_fails_with_one if {
	count(node_count.deny) == 1 with input as cluster({"default_node_pool": [{"node_count": 1}]})
}

test_fails_from_one_on if {
	count(node_count.deny) == 1 with input as cluster({"default_node_pool": [{"auto_scaling_enabled": true, "min_count": 1}]})
}

test_passes_with_three if {
	count(node_count.deny) == 0 with input as cluster({"default_node_pool": [{"node_count": 3}]})
}

test_passes_from_two_on if {
	count(node_count.deny) == 0 with input as cluster({"default_node_pool": [{"auto_scaling_enabled": true, "min_count": 2}]})
}

test_passes_from_two_on_in_azurerm_3 if {
	count(node_count.deny) == 0 with input as cluster({"default_node_pool": [{"enable_auto_scaling": true, "min_count": 2}]})
}
