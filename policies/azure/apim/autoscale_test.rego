package terrace.azure.apim.autoscale_test

import data.terrace.azure.apim.autoscale
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_without if {
	count(autoscale.deny) == 1 with input as gateway({})
}

test_passes_without_a_fixed_size if {
	count(autoscale.deny) == 0 with input as gateway({"sku_name": "Consumption_0"})
}

test_passes_with_a_setting if {
	beside := fixture.plan([
		fixture.create("azurerm_api_management", "this", {}),
		fixture.create("azurerm_monitor_autoscale_setting", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_monitor_autoscale_setting", "target_resource_id", "azurerm_api_management.this")
	count(autoscale.deny) == 0 with input as document
}
