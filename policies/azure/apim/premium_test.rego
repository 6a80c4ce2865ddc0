package terrace.azure.apim.premium_test

import data.terrace.azure.apim.premium
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_when_standard if {
	count(premium.deny) == 1 with input as gateway({"sku_name": "Standard_1"})
}

test_fails_without if {
	count(premium.deny) == 1 with input as gateway({})
}

test_passes_when_premium if {
	count(premium.deny) == 0 with input as gateway({"sku_name": "Premium_2"})
}
