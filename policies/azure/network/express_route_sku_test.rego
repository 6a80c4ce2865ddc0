package terrace.azure.network.express_route_sku_test

import data.terrace.azure.network.express_route_sku
import data.terrace.lib.fixture

circuit(values) := fixture.creates("azurerm_express_route_circuit", values)

test_fails_of_the_local_tier if {
	count(express_route_sku.deny) == 1 with input as circuit({"sku": [{"tier": "Local"}]})
}

test_passes_of_the_standard_tier if {
	count(express_route_sku.deny) == 0 with input as circuit({"sku": [{"tier": "Standard"}]})
}
