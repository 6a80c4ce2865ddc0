package terrace.azure.defender.posture_test

import data.terrace.azure.defender.posture
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(posture.deny) == 1 with input as making({"resource_type": "CloudPosture", "tier": "Free"})
}

test_passes_when_standard if {
	count(posture.deny) == 0 with input as making({"resource_type": "CloudPosture", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(posture.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
