package terrace.azure.machinelearning.ssh_test

import data.terrace.azure.machinelearning.ssh
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_machine_learning_compute_cluster", values)

test_passes_by_default if {
	count(ssh.deny) == 0 with input as making({})
}

test_fails_when_it_is_on if {
	count(ssh.deny) == 1 with input as making({"ssh_public_access_enabled": true})
}

test_passes_when_it_is_off if {
	count(ssh.deny) == 0 with input as making({"ssh_public_access_enabled": false})
}

test_fails_until_it_is_known if {
	count(ssh.deny) == 1 with input as fixture.unknowns("azurerm_machine_learning_compute_cluster", {}, {"ssh_public_access_enabled": true})
}
