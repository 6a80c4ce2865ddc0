package terrace.azure.compute.availability_set_test

import data.terrace.azure.compute.availability_set
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_in_a_set if {
	count(availability_set.deny) == 1 with input as machine({"availability_set_id": "/x"})
}

test_fails_in_a_set_that_is_made_now if {
	count(availability_set.deny) == 1 with input as fixture.unknowns("azurerm_linux_virtual_machine", {}, {"availability_set_id": true})
}

test_passes_without if {
	count(availability_set.deny) == 0 with input as machine({})
}

test_passes_with_null if {
	count(availability_set.deny) == 0 with input as machine({"availability_set_id": null})
}
