package terrace.azure.compute.scale_set_flexible_test

import data.terrace.azure.compute.scale_set_flexible
import data.terrace.lib.fixture

set(values) := fixture.creates("azurerm_linux_virtual_machine_scale_set", values)

test_fails_for_linux if {
	count(scale_set_flexible.deny) == 1 with input as set({})
}

test_fails_for_windows if {
	count(scale_set_flexible.deny) == 1 with input as fixture.creates("azurerm_windows_virtual_machine_scale_set", {})
}

test_passes_when_flexible if {
	count(scale_set_flexible.deny) == 0 with input as fixture.creates("azurerm_orchestrated_virtual_machine_scale_set", {})
}
