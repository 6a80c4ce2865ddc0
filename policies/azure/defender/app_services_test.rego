package terrace.azure.defender.app_services_test

import data.terrace.azure.defender.app_services
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(app_services.deny) == 1 with input as making({"resource_type": "AppServices", "tier": "Free"})
}

test_passes_when_standard if {
	count(app_services.deny) == 0 with input as making({"resource_type": "AppServices", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(app_services.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
