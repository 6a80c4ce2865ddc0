package terrace.azure.compute.disk_encryption_test

import data.terrace.azure.compute.disk_encryption
import data.terrace.lib.fixture

disk(values) := fixture.creates("azurerm_managed_disk", values)

test_fails_when_switched_off if {
	count(disk_encryption.deny) == 1 with input as disk({"encryption_settings": [{"enabled": false}]})
}

test_passes_with_the_default if {
	count(disk_encryption.deny) == 0 with input as disk({})
}

test_passes_when_switched_on if {
	count(disk_encryption.deny) == 0 with input as disk({"encryption_settings": [{"enabled": true}]})
}

test_passes_with_a_set if {
	count(disk_encryption.deny) == 0 with input as disk({"disk_encryption_set_id": "/x", "encryption_settings": [{"enabled": false}]})
}
