package terrace.azure.governance.locks_test

import data.terrace.azure.governance.locks
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_storage_account", values)

locked(type) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_storage_account", "this", {}),
		fixture.create("azurerm_resource_group", "this", {}),
		fixture.create("azurerm_management_lock", "this", {}),
	]),
	"azurerm_management_lock", "scope", sprintf("%s.this", [type]),
)

test_fails_without if {
	count(locks.deny) == 1 with input as making({})
}

test_passes_with_a_lock if {
	count(locks.deny) == 0 with input as locked("azurerm_storage_account")
}

test_passes_with_a_lock_of_the_group if {
	count(locks.deny) == 0 with input as locked("azurerm_resource_group")
}
