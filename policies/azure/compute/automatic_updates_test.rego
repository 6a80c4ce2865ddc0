package terrace.azure.compute.automatic_updates_test

import data.terrace.azure.compute.automatic_updates
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_windows_virtual_machine", values)

test_fails_when_switched_off if {
	count(automatic_updates.deny) == 1 with input as machine({"enable_automatic_updates": false})
}

test_passes_with_the_default if {
	count(automatic_updates.deny) == 0 with input as machine({})
}

test_passes_when_switched_on if {
	count(automatic_updates.deny) == 0 with input as machine({"automatic_updates_enabled": true})
}

test_passes_when_azure_patches if {
	count(automatic_updates.deny) == 0 with input as machine({"patch_mode": "AutomaticByPlatform", "automatic_updates_enabled": false})
}
