package terrace.azure.aks.node_os_upgrade_test

import data.terrace.azure.aks.node_os_upgrade
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_none if {
	count(node_os_upgrade.deny) == 1 with input as cluster({"node_os_upgrade_channel": "None"})
}

test_fails_when_unmanaged_in_azurerm_3 if {
	count(node_os_upgrade.deny) == 1 with input as cluster({"node_os_channel_upgrade": "Unmanaged"})
}

test_passes_with_the_default if {
	count(node_os_upgrade.deny) == 0 with input as cluster({})
}

test_passes_with_images if {
	count(node_os_upgrade.deny) == 0 with input as cluster({"node_os_upgrade_channel": "NodeImage"})
}
