package terrace.azure.aks.scale_set_pool_test

import data.terrace.azure.aks.scale_set_pool
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_in_an_availability_set if {
	count(scale_set_pool.deny) == 1 with input as cluster({"default_node_pool": [{"type": "AvailabilitySet"}]})
}

test_passes_with_the_default if {
	count(scale_set_pool.deny) == 0 with input as cluster({})
}

test_passes_in_a_scale_set if {
	count(scale_set_pool.deny) == 0 with input as cluster({"default_node_pool": [{"type": "VirtualMachineScaleSets"}]})
}
