package terrace.azure.aks.azure_rbac_test

import data.terrace.azure.aks.azure_rbac
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(azure_rbac.deny) == 1 with input as cluster({})
}

test_fails_when_switched_off if {
	count(azure_rbac.deny) == 1 with input as cluster({"azure_active_directory_role_based_access_control": [{"azure_rbac_enabled": false}]})
}

test_passes_when_switched_on if {
	count(azure_rbac.deny) == 0 with input as cluster({"azure_active_directory_role_based_access_control": [{"azure_rbac_enabled": true}]})
}
