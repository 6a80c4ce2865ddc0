package terrace.azure.machinelearning.node_public_ip_test

import data.terrace.azure.machinelearning.node_public_ip
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_machine_learning_compute_cluster", values)

test_fails_by_default if {
	count(node_public_ip.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(node_public_ip.deny) == 1 with input as making({"node_public_ip_enabled": true})
}

test_passes_when_it_is_off if {
	count(node_public_ip.deny) == 0 with input as making({"node_public_ip_enabled": false})
}

test_fails_until_it_is_known if {
	count(node_public_ip.deny) == 1 with input as fixture.unknowns("azurerm_machine_learning_compute_cluster", {}, {"node_public_ip_enabled": true})
}
