package terrace.azure.aks.dashboard_test

import data.terrace.azure.aks.dashboard
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_when_switched_on if {
	count(dashboard.deny) == 1 with input as cluster({"addon_profile": [{"kube_dashboard": [{"enabled": true}]}]})
}

test_passes_with_the_default if {
	count(dashboard.deny) == 0 with input as cluster({})
}

test_passes_when_switched_off if {
	count(dashboard.deny) == 0 with input as cluster({"addon_profile": [{"kube_dashboard": [{"enabled": false}]}]})
}
