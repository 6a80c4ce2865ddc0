package terrace.azure.compute.machine_identity_test

import data.terrace.azure.compute.machine_identity
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_without if {
	count(machine_identity.deny) == 1 with input as machine({})
}

test_passes_with if {
	count(machine_identity.deny) == 0 with input as machine({"identity": [{"type": "SystemAssigned"}]})
}
