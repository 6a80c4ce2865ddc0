package terrace.azure.aks.rbac_test

import data.terrace.azure.aks.rbac
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_when_switched_off if {
	count(rbac.deny) == 1 with input as cluster({"role_based_access_control_enabled": false})
}

test_fails_when_switched_off_in_azurerm_2 if {
	count(rbac.deny) == 1 with input as cluster({"role_based_access_control": [{"enabled": false}]})
}

test_passes_with_the_default if {
	count(rbac.deny) == 0 with input as cluster({})
}

test_passes_when_switched_on if {
	count(rbac.deny) == 0 with input as cluster({"role_based_access_control_enabled": true})
}

test_passes_when_switched_on_in_azurerm_2 if {
	count(rbac.deny) == 0 with input as cluster({"role_based_access_control": [{"enabled": true}]})
}
