package terrace.azure.aks.autoscale_test

import data.terrace.azure.aks.autoscale
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(autoscale.deny) == 1 with input as cluster({"default_node_pool": [{}]})
}

test_fails_for_a_pool if {
	count(autoscale.deny) == 1 with input as fixture.creates("azurerm_kubernetes_cluster_node_pool", {"auto_scaling_enabled": false})
}

test_passes_when_switched_on if {
	count(autoscale.deny) == 0 with input as cluster({"default_node_pool": [{"auto_scaling_enabled": true}]})
}

test_passes_when_switched_on_in_azurerm_3 if {
	count(autoscale.deny) == 0 with input as cluster({"default_node_pool": [{"enable_auto_scaling": true}]})
}
