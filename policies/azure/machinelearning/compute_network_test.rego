package terrace.azure.machinelearning.compute_network_test

import data.terrace.azure.machinelearning.compute_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_machine_learning_compute_instance", values)

test_fails_without if {
	count(compute_network.deny) == 1 with input as making({})
}

test_passes_with if {
	count(compute_network.deny) == 0 with input as making({"subnet_resource_id": "/subnets/a"})
}

test_passes_with_what_is_made_now if {
	count(compute_network.deny) == 0 with input as fixture.unknowns("azurerm_machine_learning_compute_instance", {}, {"subnet_resource_id": true})
}
