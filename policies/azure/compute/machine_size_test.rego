package terrace.azure.compute.machine_size_test

import data.terrace.azure.compute.machine_size
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_of_the_series_b if {
	count(machine_size.deny) == 1 with input as machine({"size": "Standard_B2s"})
}

test_fails_of_the_series_a if {
	count(machine_size.deny) == 1 with input as machine({"size": "Standard_A1_v2"})
}

test_passes_of_the_series_d if {
	count(machine_size.deny) == 0 with input as machine({"size": "Standard_D2s_v5"})
}

test_passes_without if {
	count(machine_size.deny) == 0 with input as machine({})
}
