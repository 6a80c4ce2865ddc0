package terrace.azure.apim.sku_test

import data.terrace.azure.apim.sku
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_for_developers if {
	count(sku.deny) == 1 with input as gateway({"sku_name": "Developer_1"})
}

test_passes_when_premium if {
	count(sku.deny) == 0 with input as gateway({"sku_name": "Premium_2"})
}

test_passes_when_standard if {
	count(sku.deny) == 0 with input as gateway({"sku_name": "StandardV2_1"})
}
