package terrace.azure.aks.azure_cni_test

import data.terrace.azure.aks.azure_cni
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(azure_cni.deny) == 1 with input as cluster({})
}

test_fails_with_kubenet if {
	count(azure_cni.deny) == 1 with input as cluster({"network_profile": [{"network_plugin": "kubenet"}]})
}

test_passes_with_that_of_azure if {
	count(azure_cni.deny) == 0 with input as cluster({"network_profile": [{"network_plugin": "azure"}]})
}
