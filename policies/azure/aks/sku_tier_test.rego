package terrace.azure.aks.sku_tier_test

import data.terrace.azure.aks.sku_tier
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(sku_tier.deny) == 1 with input as cluster({})
}

test_fails_when_free if {
	count(sku_tier.deny) == 1 with input as cluster({"sku_tier": "Free"})
}

test_passes_when_standard if {
	count(sku_tier.deny) == 0 with input as cluster({"sku_tier": "Standard"})
}

test_passes_when_premium if {
	count(sku_tier.deny) == 0 with input as cluster({"sku_tier": "Premium"})
}
