package terrace.azure.compute.disk_public_network_test

import data.terrace.azure.compute.disk_public_network
import data.terrace.lib.fixture

disk(values) := fixture.creates("azurerm_managed_disk", values)

test_fails_with_the_default if {
	count(disk_public_network.deny) == 1 with input as disk({})
}

test_fails_when_open if {
	count(disk_public_network.deny) == 1 with input as disk({"public_network_access_enabled": true})
}

test_passes_when_closed if {
	count(disk_public_network.deny) == 0 with input as disk({"public_network_access_enabled": false})
}

test_passes_when_all_is_denied if {
	count(disk_public_network.deny) == 0 with input as disk({"network_access_policy": "DenyAll"})
}
