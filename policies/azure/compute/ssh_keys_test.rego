package terrace.azure.compute.ssh_keys_test

import data.terrace.azure.compute.ssh_keys
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_without if {
	count(ssh_keys.deny) == 1 with input as machine({})
}

test_fails_for_a_scale_set_without if {
	count(ssh_keys.deny) == 1 with input as fixture.creates("azurerm_linux_virtual_machine_scale_set", {})
}

test_passes_with if {
	count(ssh_keys.deny) == 0 with input as machine({"admin_ssh_key": [{"public_key": "ssh-rsa AAAA"}]})
}

test_passes_with_one_that_is_made_now if {
	count(ssh_keys.deny) == 0 with input as fixture.unknowns("azurerm_linux_virtual_machine", {}, {"admin_ssh_key": [{"public_key": true}]})
}
