package terrace.azure.apps.plan_autoscale_test

import data.terrace.azure.apps.plan_autoscale
import data.terrace.lib.fixture

service_plan(values) := fixture.creates("azurerm_service_plan", values)

test_fails_without if {
	count(plan_autoscale.deny) == 1 with input as service_plan({})
}

test_passes_when_azure_scales_it if {
	count(plan_autoscale.deny) == 0 with input as service_plan({"premium_plan_auto_scale_enabled": true})
}

test_passes_with_a_setting if {
	beside := fixture.plan([
		fixture.create("azurerm_service_plan", "this", {}),
		fixture.create("azurerm_monitor_autoscale_setting", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_monitor_autoscale_setting", "target_resource_id", "azurerm_service_plan.this")
	count(plan_autoscale.deny) == 0 with input as document
}
