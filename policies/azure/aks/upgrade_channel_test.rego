package terrace.azure.aks.upgrade_channel_test

import data.terrace.azure.aks.upgrade_channel
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(upgrade_channel.deny) == 1 with input as cluster({})
}

test_fails_with_none if {
	count(upgrade_channel.deny) == 1 with input as cluster({"automatic_upgrade_channel": "none"})
}

test_passes_with_patches if {
	count(upgrade_channel.deny) == 0 with input as cluster({"automatic_upgrade_channel": "patch"})
}

test_passes_with_patches_in_azurerm_3 if {
	count(upgrade_channel.deny) == 0 with input as cluster({"automatic_channel_upgrade": "stable"})
}
