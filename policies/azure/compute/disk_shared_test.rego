package terrace.azure.compute.disk_shared_test

import data.terrace.azure.compute.disk_shared
import data.terrace.lib.fixture

disk(values) := fixture.creates("azurerm_managed_disk", values)

test_fails_when_shared if {
	count(disk_shared.deny) == 1 with input as disk({"max_shares": 2})
}

test_passes_with_the_default if {
	count(disk_shared.deny) == 0 with input as disk({})
}

test_passes_with_one if {
	count(disk_shared.deny) == 0 with input as disk({"max_shares": 1})
}
