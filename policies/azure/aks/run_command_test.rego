package terrace.azure.aks.run_command_test

import data.terrace.azure.aks.run_command
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(run_command.deny) == 1 with input as cluster({})
}

test_fails_when_allowed if {
	count(run_command.deny) == 1 with input as cluster({"run_command_enabled": true})
}

test_passes_when_refused if {
	count(run_command.deny) == 0 with input as cluster({"run_command_enabled": false})
}
