package terrace.azure.apps.plan_instances_test

import data.terrace.azure.apps.plan_instances
import data.terrace.lib.fixture

service_plan(values) := fixture.creates("azurerm_service_plan", values)

test_fails_with_the_default if {
	count(plan_instances.deny) == 1 with input as service_plan({})
}

test_fails_with_one if {
	count(plan_instances.deny) == 1 with input as service_plan({"worker_count": 1})
}

test_passes_with_two if {
	count(plan_instances.deny) == 0 with input as service_plan({"worker_count": 2})
}
