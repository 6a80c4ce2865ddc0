package terrace.azure.compute.backup_test

import data.terrace.azure.compute.backup
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_without if {
	count(backup.deny) == 1 with input as machine({})
}

test_fails_for_an_old_machine if {
	count(backup.deny) == 1 with input as fixture.creates("azurerm_virtual_machine", {})
}

test_passes_with_a_backup if {
	beside := fixture.plan([
		fixture.create("azurerm_linux_virtual_machine", "this", {}),
		fixture.create("azurerm_backup_protected_vm", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_backup_protected_vm", "source_vm_id", "azurerm_linux_virtual_machine.this")
	count(backup.deny) == 0 with input as document
}
