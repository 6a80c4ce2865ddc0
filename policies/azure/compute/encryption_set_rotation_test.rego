package terrace.azure.compute.encryption_set_rotation_test

import data.terrace.azure.compute.encryption_set_rotation
import data.terrace.lib.fixture

set(values) := fixture.creates("azurerm_disk_encryption_set", values)

test_fails_with_the_default if {
	count(encryption_set_rotation.deny) == 1 with input as set({})
}

test_fails_when_switched_off if {
	count(encryption_set_rotation.deny) == 1 with input as set({"auto_key_rotation_enabled": false})
}

test_passes_when_switched_on if {
	count(encryption_set_rotation.deny) == 0 with input as set({"auto_key_rotation_enabled": true})
}
