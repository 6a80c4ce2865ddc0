package terrace.azure.compute.extensions_test

import data.terrace.azure.compute.extensions
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_with_the_default if {
	count(extensions.deny) == 1 with input as machine({})
}

test_fails_when_allowed if {
	count(extensions.deny) == 1 with input as machine({"allow_extension_operations": true})
}

test_passes_when_refused if {
	count(extensions.deny) == 0 with input as machine({"allow_extension_operations": false})
}
