package terrace.azure.aks.workload_identity_test

import data.terrace.azure.aks.workload_identity
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(workload_identity.deny) == 1 with input as cluster({})
}

test_fails_when_switched_off if {
	count(workload_identity.deny) == 1 with input as cluster({"workload_identity_enabled": false})
}

test_passes_when_switched_on if {
	count(workload_identity.deny) == 0 with input as cluster({"workload_identity_enabled": true, "oidc_issuer_enabled": true})
}
