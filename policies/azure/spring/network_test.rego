package terrace.azure.spring.network_test

import data.terrace.azure.spring.network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_spring_cloud_service", values)

test_fails_without if {
	count(network.deny) == 1 with input as making({})
}

test_fails_for_basic if {
	count(network.deny) == 1 with input as making({"sku_name": "B0", "network": [{"service_runtime_subnet_id": "/subnets/a"}]})
}

test_passes_with if {
	count(network.deny) == 0 with input as making({"network": [{"service_runtime_subnet_id": "/subnets/a"}]})
}
