package terrace.azure.compute.legacy_machine_test

import data.terrace.azure.compute.legacy_machine
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_virtual_machine", values)

test_fails_for_a_machine if {
	count(legacy_machine.deny) == 1 with input as machine({})
}

test_fails_for_a_scale_set if {
	count(legacy_machine.deny) == 1 with input as fixture.creates("azurerm_virtual_machine_scale_set", {})
}

test_passes_for_a_present_type if {
	count(legacy_machine.deny) == 0 with input as fixture.creates("azurerm_linux_virtual_machine", {})
}
