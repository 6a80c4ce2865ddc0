package terrace.azure.compute.snapshot_public_network_test

import data.terrace.azure.compute.snapshot_public_network
import data.terrace.lib.fixture

snapshot(values) := fixture.creates("azurerm_snapshot", values)

test_fails_with_the_default if {
	count(snapshot_public_network.deny) == 1 with input as snapshot({})
}

test_fails_when_open if {
	count(snapshot_public_network.deny) == 1 with input as snapshot({"public_network_access_enabled": true})
}

test_passes_when_closed if {
	count(snapshot_public_network.deny) == 0 with input as snapshot({"public_network_access_enabled": false})
}

test_passes_when_all_is_denied if {
	count(snapshot_public_network.deny) == 0 with input as snapshot({"network_access_policy": "DenyAll"})
}
