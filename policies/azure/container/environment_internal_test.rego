package terrace.azure.container.environment_internal_test

import data.terrace.azure.container.environment_internal
import data.terrace.lib.fixture

environment(values) := fixture.creates("azurerm_container_app_environment", values)

test_fails_with_the_default if {
	count(environment_internal.deny) == 1 with input as environment({})
}

test_fails_when_public if {
	count(environment_internal.deny) == 1 with input as environment({"internal_load_balancer_enabled": false})
}

test_passes_when_internal if {
	count(environment_internal.deny) == 0 with input as environment({"internal_load_balancer_enabled": true, "infrastructure_subnet_id": "/x"})
}
