package terrace.azure.loadbalancer.sku_test

import data.terrace.azure.loadbalancer.sku
import data.terrace.lib.fixture

balancer(values) := fixture.creates("azurerm_lb", values)

test_fails_of_the_basic_kind if {
	count(sku.deny) == 1 with input as balancer({"sku": "Basic"})
}

test_passes_of_the_standard_kind if {
	count(sku.deny) == 0 with input as balancer({"sku": "Standard"})
}

test_passes_of_the_gateway_kind if {
	count(sku.deny) == 0 with input as balancer({"sku": "Gateway"})
}

test_passes_with_the_default if {
	count(sku.deny) == 0 with input as balancer({})
}
