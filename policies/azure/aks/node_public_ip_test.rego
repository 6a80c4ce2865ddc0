package terrace.azure.aks.node_public_ip_test

import data.terrace.azure.aks.node_public_ip
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_one if {
	count(node_public_ip.deny) == 1 with input as cluster({"default_node_pool": [{"node_public_ip_enabled": true}]})
}

test_fails_with_one_in_azurerm_3 if {
	count(node_public_ip.deny) == 1 with input as cluster({"default_node_pool": [{"enable_node_public_ip": true}]})
}

test_fails_for_a_pool_with_one if {
	count(node_public_ip.deny) == 1 with input as fixture.creates("azurerm_kubernetes_cluster_node_pool", {"node_public_ip_enabled": true})
}

test_passes_with_the_default if {
	count(node_public_ip.deny) == 0 with input as cluster({"default_node_pool": [{}]})
}

test_passes_without if {
	count(node_public_ip.deny) == 0 with input as cluster({"default_node_pool": [{"node_public_ip_enabled": false}]})
}
