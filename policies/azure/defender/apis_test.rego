package terrace.azure.defender.apis_test

import data.terrace.azure.defender.apis
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(apis.deny) == 1 with input as making({"resource_type": "Api", "tier": "Free"})
}

test_passes_when_standard if {
	count(apis.deny) == 0 with input as making({"resource_type": "Api", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(apis.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
