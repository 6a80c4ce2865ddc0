package terrace.azure.compute.zone_test

import data.terrace.azure.compute.zone
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_without if {
	count(zone.deny) == 1 with input as machine({})
}

test_fails_with_null if {
	count(zone.deny) == 1 with input as machine({"zone": null})
}

test_passes_with if {
	count(zone.deny) == 0 with input as machine({"zone": "1"})
}
