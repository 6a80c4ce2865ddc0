package terrace.azure.apps.environment_internal_test

import data.terrace.azure.apps.environment_internal
import data.terrace.lib.fixture

environment(values) := fixture.creates("azurerm_app_service_environment_v3", values)

test_fails_with_the_default if {
	count(environment_internal.deny) == 1 with input as environment({})
}

test_passes_when_internal if {
	count(environment_internal.deny) == 0 with input as environment({"internal_load_balancing_mode": "Web, Publishing"})
}
