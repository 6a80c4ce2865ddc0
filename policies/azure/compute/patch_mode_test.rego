package terrace.azure.compute.patch_mode_test

import data.terrace.azure.compute.patch_mode
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_with_the_default if {
	count(patch_mode.deny) == 1 with input as machine({})
}

test_fails_when_the_image_decides if {
	count(patch_mode.deny) == 1 with input as machine({"patch_mode": "ImageDefault"})
}

test_passes_when_azure_does if {
	count(patch_mode.deny) == 0 with input as machine({"patch_mode": "AutomaticByPlatform"})
}
