package terrace.azure.acr.data_endpoint_test

import data.terrace.azure.acr.data_endpoint
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_with_the_default if {
	count(data_endpoint.deny) == 1 with input as registry({})
}

test_fails_when_switched_off if {
	count(data_endpoint.deny) == 1 with input as registry({"data_endpoint_enabled": false})
}

test_passes_when_switched_on if {
	count(data_endpoint.deny) == 0 with input as registry({"data_endpoint_enabled": true})
}
