package terrace.azure.aks.ephemeral_disks_test

import data.terrace.azure.aks.ephemeral_disks
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(ephemeral_disks.deny) == 1 with input as cluster({"default_node_pool": [{}]})
}

test_fails_when_managed if {
	count(ephemeral_disks.deny) == 1 with input as fixture.creates("azurerm_kubernetes_cluster_node_pool", {"os_disk_type": "Managed"})
}

test_passes_when_ephemeral if {
	count(ephemeral_disks.deny) == 0 with input as cluster({"default_node_pool": [{"os_disk_type": "Ephemeral"}]})
}
