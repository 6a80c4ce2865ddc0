package terrace.azure.compute.trusted_launch_test

import data.terrace.azure.compute.trusted_launch
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_with_the_default if {
	count(trusted_launch.deny) == 1 with input as machine({})
}

test_fails_without_a_tpm if {
	count(trusted_launch.deny) == 1 with input as machine({"secure_boot_enabled": true})
}

test_passes_with_both if {
	count(trusted_launch.deny) == 0 with input as machine({"secure_boot_enabled": true, "vtpm_enabled": true})
}
