package terrace.azure.compute.scale_set_zones_test

import data.terrace.azure.compute.scale_set_zones
import data.terrace.lib.fixture

set(values) := fixture.creates("azurerm_orchestrated_virtual_machine_scale_set", values)

test_fails_without_zones if {
	count(scale_set_zones.deny) == 1 with input as set({})
}

test_fails_in_one_zone if {
	count(scale_set_zones.deny) == 1 with input as set({"zones": ["1"]})
}

test_passes_in_several if {
	count(scale_set_zones.deny) == 0 with input as set({"zones": ["1", "2", "3"]})
}
