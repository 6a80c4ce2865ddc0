package terrace.azure.apps.environment_zones_test

import data.terrace.azure.apps.environment_zones
import data.terrace.lib.fixture

environment(values) := fixture.creates("azurerm_app_service_environment_v3", values)

test_fails_with_the_default if {
	count(environment_zones.deny) == 1 with input as environment({})
}

test_fails_when_switched_off if {
	count(environment_zones.deny) == 1 with input as environment({"zone_redundant": false})
}

test_passes_when_switched_on if {
	count(environment_zones.deny) == 0 with input as environment({"zone_redundant": true})
}
