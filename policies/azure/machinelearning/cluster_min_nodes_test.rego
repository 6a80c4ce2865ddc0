package terrace.azure.machinelearning.cluster_min_nodes_test

import data.terrace.azure.machinelearning.cluster_min_nodes
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_machine_learning_compute_cluster", values)

test_fails_by_default if {
	count(cluster_min_nodes.deny) == 1 with input as making({})
}

test_fails_when_it_is_2 if {
	count(cluster_min_nodes.deny) == 1 with input as making({"scale_settings": [{"min_node_count": 2}]})
}

test_passes_when_it_is_0 if {
	count(cluster_min_nodes.deny) == 0 with input as making({"scale_settings": [{"min_node_count": 0}]})
}

test_fails_until_it_is_known if {
	count(cluster_min_nodes.deny) == 1 with input as fixture.unknowns("azurerm_machine_learning_compute_cluster", {}, {"scale_settings": [{"min_node_count": true}]})
}
