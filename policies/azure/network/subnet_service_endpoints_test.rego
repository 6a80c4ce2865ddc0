package terrace.azure.network.subnet_service_endpoints_test

import data.terrace.azure.network.subnet_service_endpoints
import data.terrace.lib.fixture

subnet(values) := fixture.creates("azurerm_subnet", values)

test_fails_with_one if {
	count(subnet_service_endpoints.deny) == 1 with input as subnet({"service_endpoints": ["Microsoft.Storage"]})
}

test_passes_without if {
	count(subnet_service_endpoints.deny) == 0 with input as subnet({})
}

test_passes_with_an_empty_list if {
	count(subnet_service_endpoints.deny) == 0 with input as subnet({"service_endpoints": []})
}
