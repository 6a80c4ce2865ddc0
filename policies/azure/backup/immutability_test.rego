package terrace.azure.backup.immutability_test

import data.terrace.azure.backup.immutability
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_recovery_services_vault", values)

test_fails_by_default if {
	count(immutability.deny) == 1 with input as making({})
}

test_fails_when_disabled if {
	count(immutability.deny) == 1 with input as making({"immutability": "Disabled"})
}

test_passes_when_locked if {
	count(immutability.deny) == 0 with input as making({"immutability": "Locked"})
}

test_passes_when_unlocked if {
	count(immutability.deny) == 0 with input as making({"immutability": "Unlocked"})
}
