package terrace.azure.compute.scale_set_repair_test

import data.terrace.azure.compute.scale_set_repair
import data.terrace.lib.fixture

set(values) := fixture.creates("azurerm_orchestrated_virtual_machine_scale_set", values)

test_fails_without if {
	count(scale_set_repair.deny) == 1 with input as set({})
}

test_fails_when_switched_off if {
	count(scale_set_repair.deny) == 1 with input as set({"automatic_instance_repair": [{"enabled": false}]})
}

test_passes_when_switched_on if {
	count(scale_set_repair.deny) == 0 with input as set({"automatic_instance_repair": [{"enabled": true, "grace_period": "PT30M"}]})
}
