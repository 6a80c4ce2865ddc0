package terrace.azure.appconfig.sku_test

import data.terrace.azure.appconfig.sku
import data.terrace.lib.fixture

store(values) := fixture.creates("azurerm_app_configuration", values)

test_fails_with_the_default if {
	count(sku.deny) == 1 with input as store({})
}

test_fails_when_free if {
	count(sku.deny) == 1 with input as store({"sku": "free"})
}

test_passes_when_standard if {
	count(sku.deny) == 0 with input as store({"sku": "standard"})
}

test_passes_when_premium if {
	count(sku.deny) == 0 with input as store({"sku": "premium"})
}
