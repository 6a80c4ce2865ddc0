package terrace.azure.apps.plan_sku_test

import data.terrace.azure.apps.plan_sku
import data.terrace.lib.fixture

service_plan(values) := fixture.creates("azurerm_service_plan", values)

test_fails_when_free if {
	count(plan_sku.deny) == 1 with input as service_plan({"sku_name": "F1"})
}

test_fails_when_basic if {
	count(plan_sku.deny) == 1 with input as service_plan({"sku_name": "B1"})
}

test_passes_when_premium if {
	count(plan_sku.deny) == 0 with input as service_plan({"sku_name": "P1v3"})
}

test_passes_when_elastic if {
	count(plan_sku.deny) == 0 with input as service_plan({"sku_name": "EP1"})
}
