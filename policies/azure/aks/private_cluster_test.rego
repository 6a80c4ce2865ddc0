package terrace.azure.aks.private_cluster_test

import data.terrace.azure.aks.private_cluster
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_by_default if {
	count(private_cluster.deny) == 1 with input as cluster({})
}

test_fails_when_public if {
	count(private_cluster.deny) == 1 with input as cluster({"private_cluster_enabled": false})
}

test_passes_when_private if {
	count(private_cluster.deny) == 0 with input as cluster({"private_cluster_enabled": true})
}
