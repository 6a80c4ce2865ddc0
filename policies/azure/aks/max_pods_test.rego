package terrace.azure.aks.max_pods_test

import data.terrace.azure.aks.max_pods
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(max_pods.deny) == 1 with input as cluster({"default_node_pool": [{}]})
}

test_fails_with_few if {
	count(max_pods.deny) == 1 with input as fixture.creates("azurerm_kubernetes_cluster_node_pool", {"max_pods": 30})
}

test_passes_with_many if {
	count(max_pods.deny) == 0 with input as cluster({"default_node_pool": [{"max_pods": 50}]})
}

test_passes_when_azure_decides if {
	count(max_pods.deny) == 0 with input as fixture.unknowns("azurerm_kubernetes_cluster", {"default_node_pool": [{}]}, {"default_node_pool": [{"max_pods": true}]})
}
