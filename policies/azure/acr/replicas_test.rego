package terrace.azure.acr.replicas_test

import data.terrace.azure.acr.replicas
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_without if {
	count(replicas.deny) == 1 with input as registry({"sku": "Premium"})
}

test_fails_of_a_kind_that_cannot if {
	count(replicas.deny) == 1 with input as registry({"sku": "Standard", "georeplications": [{"location": "northeurope"}]})
}

test_passes_with if {
	count(replicas.deny) == 0 with input as registry({"sku": "Premium", "georeplications": [{"location": "northeurope"}]})
}
