package terrace.azure.compute.scale_set_autoscale_test

import data.terrace.azure.compute.scale_set_autoscale
import data.terrace.lib.fixture

set(values) := fixture.creates("azurerm_orchestrated_virtual_machine_scale_set", values)

test_fails_without if {
	count(scale_set_autoscale.deny) == 1 with input as set({})
}

test_passes_with_a_setting if {
	beside := fixture.plan([
		fixture.create("azurerm_orchestrated_virtual_machine_scale_set", "this", {}),
		fixture.create("azurerm_monitor_autoscale_setting", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_monitor_autoscale_setting", "target_resource_id", "azurerm_orchestrated_virtual_machine_scale_set.this")
	count(scale_set_autoscale.deny) == 0 with input as document
}
