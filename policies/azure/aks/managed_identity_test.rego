package terrace.azure.aks.managed_identity_test

import data.terrace.azure.aks.managed_identity
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_a_service_principal if {
	count(managed_identity.deny) == 1 with input as cluster({"service_principal": [{"client_id": "a", "client_secret": "b"}]})
}

test_passes_with_an_identity if {
	count(managed_identity.deny) == 0 with input as cluster({"identity": [{"type": "SystemAssigned"}]})
}
