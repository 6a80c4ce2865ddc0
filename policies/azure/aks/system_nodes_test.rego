package terrace.azure.aks.system_nodes_test

import data.terrace.azure.aks.system_nodes
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(system_nodes.deny) == 1 with input as cluster({})
}

test_fails_when_switched_off if {
	count(system_nodes.deny) == 1 with input as cluster({"default_node_pool": [{"only_critical_addons_enabled": false}]})
}

test_passes_when_switched_on if {
	count(system_nodes.deny) == 0 with input as cluster({"default_node_pool": [{"only_critical_addons_enabled": true}]})
}
