package terrace.azure.defender.container_registries_test

import data.terrace.azure.defender.container_registries
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(container_registries.deny) == 1 with input as making({"resource_type": "ContainerRegistry", "tier": "Free"})
}

test_passes_when_standard if {
	count(container_registries.deny) == 0 with input as making({"resource_type": "ContainerRegistry", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(container_registries.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
