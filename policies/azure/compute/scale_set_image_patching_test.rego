package terrace.azure.compute.scale_set_image_patching_test

import data.terrace.azure.compute.scale_set_image_patching
import data.terrace.lib.fixture

set(values) := fixture.creates("azurerm_linux_virtual_machine_scale_set", values)

test_fails_with_the_default if {
	count(scale_set_image_patching.deny) == 1 with input as set({})
}

test_fails_when_switched_off if {
	count(scale_set_image_patching.deny) == 1 with input as set({"automatic_os_upgrade_policy": [{"enable_automatic_os_upgrade": false}]})
}

test_fails_for_an_old_set if {
	count(scale_set_image_patching.deny) == 1 with input as fixture.creates("azurerm_virtual_machine_scale_set", {"automatic_os_upgrade": true, "os_profile_windows_config": [{"enable_automatic_upgrades": false}]})
}

test_passes_when_switched_on if {
	count(scale_set_image_patching.deny) == 0 with input as set({"automatic_os_upgrade_policy": [{"enable_automatic_os_upgrade": true}]})
}

test_passes_for_an_old_set_that_does if {
	count(scale_set_image_patching.deny) == 0 with input as fixture.creates("azurerm_virtual_machine_scale_set", {"automatic_os_upgrade": true, "os_profile_windows_config": [{"enable_automatic_upgrades": true}]})
}
