package terrace.azure.compute.scale_set_zone_balance_test

import data.terrace.azure.compute.scale_set_zone_balance
import data.terrace.lib.fixture

set(values) := fixture.creates("azurerm_orchestrated_virtual_machine_scale_set", values)

test_fails_when_it_insists if {
	count(scale_set_zone_balance.deny) == 1 with input as set({"zone_balance": true})
}

test_passes_with_the_default if {
	count(scale_set_zone_balance.deny) == 0 with input as set({})
}

test_passes_when_it_does_not if {
	count(scale_set_zone_balance.deny) == 0 with input as set({"zone_balance": false})
}
