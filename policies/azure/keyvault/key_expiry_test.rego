package terrace.azure.keyvault.key_expiry_test

import data.terrace.azure.keyvault.key_expiry
import data.terrace.lib.fixture

key(values) := fixture.creates("azurerm_key_vault_key", values)

test_fails_without if {
	count(key_expiry.deny) == 1 with input as key({})
}

test_fails_when_empty if {
	count(key_expiry.deny) == 1 with input as key({"expiration_date": ""})
}

test_passes_with_a_date if {
	count(key_expiry.deny) == 0 with input as key({"expiration_date": "2030-12-31T00:00:00Z"})
}

test_passes_with_a_date_that_is_unknown if {
	count(key_expiry.deny) == 0 with input as fixture.unknowns("azurerm_key_vault_key", {}, {"expiration_date": true})
}

test_passes_with_rotation if {
	count(key_expiry.deny) == 0 with input as key({"rotation_policy": [{"expire_after": "P90D"}]})
}
