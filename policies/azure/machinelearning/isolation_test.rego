package terrace.azure.machinelearning.isolation_test

import data.terrace.azure.machinelearning.isolation
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_machine_learning_workspace", values)

test_fails_by_default if {
	count(isolation.deny) == 1 with input as making({})
}

test_fails_when_it_is_allowinternetoutbound if {
	count(isolation.deny) == 1 with input as making({"managed_network": [{"isolation_mode": "AllowInternetOutbound"}]})
}

test_passes_when_it_is_allowonlyapprovedoutbound if {
	count(isolation.deny) == 0 with input as making({"managed_network": [{"isolation_mode": "AllowOnlyApprovedOutbound"}]})
}

test_fails_until_it_is_known if {
	count(isolation.deny) == 1 with input as fixture.unknowns("azurerm_machine_learning_workspace", {}, {"managed_network": [{"isolation_mode": true}]})
}
