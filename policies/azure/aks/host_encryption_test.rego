package terrace.azure.aks.host_encryption_test

import data.terrace.azure.aks.host_encryption
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(host_encryption.deny) == 1 with input as cluster({"default_node_pool": [{}]})
}

test_fails_when_switched_off if {
	count(host_encryption.deny) == 1 with input as cluster({"default_node_pool": [{"enable_host_encryption": false}]})
}

test_fails_for_a_pool if {
	count(host_encryption.deny) == 1 with input as fixture.creates("azurerm_kubernetes_cluster_node_pool", {})
}

test_passes_when_switched_on if {
	count(host_encryption.deny) == 0 with input as cluster({"default_node_pool": [{"host_encryption_enabled": true}]})
}

test_passes_when_switched_on_in_azurerm_3 if {
	count(host_encryption.deny) == 0 with input as cluster({"default_node_pool": [{"enable_host_encryption": true}]})
}
