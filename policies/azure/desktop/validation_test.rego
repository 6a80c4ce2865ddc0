package terrace.azure.desktop.validation_test

import data.terrace.azure.desktop.validation
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_virtual_desktop_host_pool", values)

test_fails_without if {
	count(validation.deny) == 1 with input as making({})
}

test_passes_for_one if {
	count(validation.deny) == 0 with input as making({"validate_environment": true})
}
