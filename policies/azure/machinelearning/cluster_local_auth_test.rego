package terrace.azure.machinelearning.cluster_local_auth_test

import data.terrace.azure.machinelearning.cluster_local_auth
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_machine_learning_compute_cluster", values)

test_fails_by_default if {
	count(cluster_local_auth.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(cluster_local_auth.deny) == 1 with input as making({"local_auth_enabled": true})
}

test_passes_when_it_is_off if {
	count(cluster_local_auth.deny) == 0 with input as making({"local_auth_enabled": false})
}

test_fails_until_it_is_known if {
	count(cluster_local_auth.deny) == 1 with input as fixture.unknowns("azurerm_machine_learning_compute_cluster", {}, {"local_auth_enabled": true})
}
