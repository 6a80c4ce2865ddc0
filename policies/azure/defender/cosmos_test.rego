package terrace.azure.defender.cosmos_test

import data.terrace.azure.defender.cosmos
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(cosmos.deny) == 1 with input as making({"resource_type": "CosmosDbs", "tier": "Free"})
}

test_passes_when_standard if {
	count(cosmos.deny) == 0 with input as making({"resource_type": "CosmosDbs", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(cosmos.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
