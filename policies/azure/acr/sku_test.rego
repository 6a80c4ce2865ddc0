package terrace.azure.acr.sku_test

import data.terrace.azure.acr.sku
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_when_basic if {
	count(sku.deny) == 1 with input as registry({"sku": "Basic"})
}

test_fails_without if {
	count(sku.deny) == 1 with input as registry({})
}

test_passes_when_standard if {
	count(sku.deny) == 0 with input as registry({"sku": "Standard"})
}

test_passes_when_premium if {
	count(sku.deny) == 0 with input as registry({"sku": "Premium"})
}
