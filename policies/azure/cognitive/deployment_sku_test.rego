package terrace.azure.cognitive.deployment_sku_test

import data.terrace.azure.cognitive.deployment_sku
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cognitive_deployment", values)

test_fails_for_standard if {
	count(deployment_sku.deny) == 1 with input as making({"sku": [{"name": "Standard"}]})
}

test_passes_for_global if {
	count(deployment_sku.deny) == 0 with input as making({"sku": [{"name": "GlobalStandard"}]})
}

test_passes_for_a_data_zone if {
	count(deployment_sku.deny) == 0 with input as making({"sku": [{"name": "DataZoneStandard"}]})
}
