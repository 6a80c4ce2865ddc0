package terrace.azure.defender.resource_manager_test

import data.terrace.azure.defender.resource_manager
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(resource_manager.deny) == 1 with input as making({"resource_type": "Arm", "tier": "Free"})
}

test_passes_when_standard if {
	count(resource_manager.deny) == 0 with input as making({"resource_type": "Arm", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(resource_manager.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
