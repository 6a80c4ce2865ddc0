package terrace.azure.netapp.snapshots_test

import data.terrace.azure.netapp.snapshots
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_netapp_volume", values)

test_fails_without if {
	count(snapshots.deny) == 1 with input as making({})
}

test_passes_with if {
	count(snapshots.deny) == 0 with input as making({"data_protection_snapshot_policy": [{"snapshot_policy_id": "/p"}]})
}

test_passes_with_what_is_made_now if {
	count(snapshots.deny) == 0 with input as fixture.unknowns("azurerm_netapp_volume", {}, {"data_protection_snapshot_policy": true})
}
