package terrace.azure.aks.user_node_count_test

import data.terrace.azure.aks.user_node_count
import data.terrace.lib.fixture

pool(values) := fixture.creates("azurerm_kubernetes_cluster_node_pool", values)

test_fails_with_the_default if {
	count(user_node_count.deny) == 1 with input as pool({})
}

test_fails_from_one_on if {
	count(user_node_count.deny) == 1 with input as pool({"auto_scaling_enabled": true, "min_count": 1})
}

test_passes_with_two if {
	count(user_node_count.deny) == 0 with input as pool({"node_count": 2})
}

test_passes_from_two_on if {
	count(user_node_count.deny) == 0 with input as pool({"enable_auto_scaling": true, "min_count": 2})
}
