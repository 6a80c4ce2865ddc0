package terrace.azure.compute.machine_encryption_set_test

import data.terrace.azure.compute.machine_encryption_set
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_without if {
	count(machine_encryption_set.deny) == 1 with input as machine({"os_disk": [{"caching": "ReadOnly"}]})
}

test_passes_with if {
	count(machine_encryption_set.deny) == 0 with input as machine({"os_disk": [{"disk_encryption_set_id": "/x"}]})
}

test_passes_with_one_that_is_made_now if {
	count(machine_encryption_set.deny) == 0 with input as fixture.unknowns("azurerm_linux_virtual_machine", {}, {"os_disk": [{"disk_encryption_set_id": true}]})
}
