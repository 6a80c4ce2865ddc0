package terrace.azure.aks.maintenance_test

import data.terrace.azure.aks.maintenance
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(maintenance.deny) == 1 with input as cluster({})
}

test_passes_with if {
	count(maintenance.deny) == 0 with input as cluster({"maintenance_window_auto_upgrade": [{"frequency": "Weekly"}]})
}
