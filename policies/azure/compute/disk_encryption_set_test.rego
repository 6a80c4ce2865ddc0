package terrace.azure.compute.disk_encryption_set_test

import data.terrace.azure.compute.disk_encryption_set
import data.terrace.lib.fixture

disk(values) := fixture.creates("azurerm_managed_disk", values)

test_fails_without if {
	count(disk_encryption_set.deny) == 1 with input as disk({})
}

test_fails_with_null if {
	count(disk_encryption_set.deny) == 1 with input as disk({"disk_encryption_set_id": null})
}

test_passes_with if {
	count(disk_encryption_set.deny) == 0 with input as disk({"disk_encryption_set_id": "/x"})
}

test_passes_with_one_that_is_made_now if {
	count(disk_encryption_set.deny) == 0 with input as fixture.unknowns("azurerm_managed_disk", {}, {"disk_encryption_set_id": true})
}
