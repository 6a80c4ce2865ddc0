package terrace.azure.aks.disk_encryption_set_test

import data.terrace.azure.aks.disk_encryption_set
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(disk_encryption_set.deny) == 1 with input as cluster({})
}

test_passes_with if {
	count(disk_encryption_set.deny) == 0 with input as cluster({"disk_encryption_set_id": "/x"})
}

test_passes_with_one_that_is_made_now if {
	count(disk_encryption_set.deny) == 0 with input as fixture.unknowns("azurerm_kubernetes_cluster", {}, {"disk_encryption_set_id": true})
}
