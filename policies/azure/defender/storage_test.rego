package terrace.azure.defender.storage_test

import data.terrace.azure.defender.storage
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(storage.deny) == 1 with input as making({"resource_type": "StorageAccounts", "tier": "Free"})
}

test_passes_when_standard if {
	count(storage.deny) == 0 with input as making({"resource_type": "StorageAccounts", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(storage.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
