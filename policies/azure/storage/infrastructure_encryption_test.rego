package terrace.azure.storage.infrastructure_encryption_test

import data.terrace.azure.storage.infrastructure_encryption
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_with_the_default if {
	count(infrastructure_encryption.deny) == 1 with input as account({})
}

test_fails_when_switched_off if {
	count(infrastructure_encryption.deny) == 1 with input as account({"infrastructure_encryption_enabled": false})
}

test_passes_when_switched_on if {
	count(infrastructure_encryption.deny) == 0 with input as account({"infrastructure_encryption_enabled": true})
}
