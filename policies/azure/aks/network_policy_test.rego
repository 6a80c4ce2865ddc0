package terrace.azure.aks.network_policy_test

import data.terrace.azure.aks.network_policy
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(network_policy.deny) == 1 with input as cluster({})
}

test_fails_with_a_profile_without if {
	count(network_policy.deny) == 1 with input as cluster({"network_profile": [{"network_plugin": "azure"}]})
}

test_passes_with if {
	count(network_policy.deny) == 0 with input as cluster({"network_profile": [{"network_policy": "calico"}]})
}

test_passes_when_unknown if {
	count(network_policy.deny) == 0 with input as fixture.unknowns("azurerm_kubernetes_cluster", {}, {"network_profile": [{"network_policy": true}]})
}
