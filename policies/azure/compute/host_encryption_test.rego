package terrace.azure.compute.host_encryption_test

import data.terrace.azure.compute.host_encryption
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_with_the_default if {
	count(host_encryption.deny) == 1 with input as machine({})
}

test_fails_when_switched_off if {
	count(host_encryption.deny) == 1 with input as machine({"encryption_at_host_enabled": false})
}

test_passes_when_switched_on if {
	count(host_encryption.deny) == 0 with input as machine({"encryption_at_host_enabled": true})
}
