package terrace.azure.storage.point_in_time_restore_test

import data.terrace.azure.storage.point_in_time_restore
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_without if {
	count(point_in_time_restore.deny) == 1 with input as account({})
}

test_passes_with if {
	count(point_in_time_restore.deny) == 0 with input as account({"blob_properties": [{"restore_policy": [{"days": 7}]}]})
}
