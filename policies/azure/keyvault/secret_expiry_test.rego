package terrace.azure.keyvault.secret_expiry_test

import data.terrace.azure.keyvault.secret_expiry
import data.terrace.lib.fixture

secret(values) := fixture.creates("azurerm_key_vault_secret", values)

test_fails_without if {
	count(secret_expiry.deny) == 1 with input as secret({})
}

test_fails_when_empty if {
	count(secret_expiry.deny) == 1 with input as secret({"expiration_date": ""})
}

test_passes_with_a_date if {
	count(secret_expiry.deny) == 0 with input as secret({"expiration_date": "2030-12-31T00:00:00Z"})
}

test_passes_with_a_date_that_is_unknown if {
	count(secret_expiry.deny) == 0 with input as fixture.unknowns("azurerm_key_vault_secret", {}, {"expiration_date": true})
}
