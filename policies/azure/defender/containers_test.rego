package terrace.azure.defender.containers_test

import data.terrace.azure.defender.containers
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(containers.deny) == 1 with input as making({"resource_type": "Containers", "tier": "Free"})
}

test_passes_when_standard if {
	count(containers.deny) == 0 with input as making({"resource_type": "Containers", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(containers.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
