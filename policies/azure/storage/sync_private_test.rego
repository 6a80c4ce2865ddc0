package terrace.azure.storage.sync_private_test

import data.terrace.azure.storage.sync_private
import data.terrace.lib.fixture

service(values) := fixture.creates("azurerm_storage_sync", values)

test_fails_with_the_default if {
	count(sync_private.deny) == 1 with input as service({})
}

test_fails_when_open if {
	count(sync_private.deny) == 1 with input as service({"incoming_traffic_policy": "AllowAllTraffic"})
}

test_passes_when_private if {
	count(sync_private.deny) == 0 with input as service({"incoming_traffic_policy": "AllowVirtualNetworksOnly"})
}
