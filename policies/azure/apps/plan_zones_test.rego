package terrace.azure.apps.plan_zones_test

import data.terrace.azure.apps.plan_zones
import data.terrace.lib.fixture

service_plan(values) := fixture.creates("azurerm_service_plan", values)

test_fails_with_the_default if {
	count(plan_zones.deny) == 1 with input as service_plan({})
}

test_fails_when_switched_off if {
	count(plan_zones.deny) == 1 with input as service_plan({"zone_balancing_enabled": false})
}

test_passes_when_switched_on if {
	count(plan_zones.deny) == 0 with input as service_plan({"zone_balancing_enabled": true})
}
