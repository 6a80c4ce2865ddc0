package terrace.azure.storage.sas_expiry_test

import data.terrace.azure.storage.sas_expiry
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_without_a_policy if {
	count(sas_expiry.deny) == 1 with input as account({})
}

test_fails_with_an_empty_policy if {
	count(sas_expiry.deny) == 1 with input as account({"shared_access_key_enabled": true, "sas_policy": [{}]})
}

test_passes_with_a_policy if {
	count(sas_expiry.deny) == 0 with input as account({"sas_policy": [{"expiration_period": "01.00:00:00"}]})
}

test_passes_without_keys if {
	count(sas_expiry.deny) == 0 with input as account({"shared_access_key_enabled": false})
}
