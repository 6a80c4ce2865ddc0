package terrace.azure.acr.premium_test

import data.terrace.azure.acr.premium
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_when_standard if {
	count(premium.deny) == 1 with input as registry({"sku": "Standard"})
}

test_fails_without if {
	count(premium.deny) == 1 with input as registry({})
}

test_passes_when_premium if {
	count(premium.deny) == 0 with input as registry({"sku": "Premium"})
}
