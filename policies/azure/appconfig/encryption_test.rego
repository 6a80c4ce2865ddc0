package terrace.azure.appconfig.encryption_test

import data.terrace.azure.appconfig.encryption
import data.terrace.lib.fixture

store(values) := fixture.creates("azurerm_app_configuration", values)

test_fails_without if {
	count(encryption.deny) == 1 with input as store({})
}

test_passes_with if {
	count(encryption.deny) == 0 with input as store({"encryption": [{"key_vault_key_identifier": "https://v/keys/k"}]})
}

test_passes_with_one_that_is_made_now if {
	count(encryption.deny) == 0 with input as fixture.unknowns("azurerm_app_configuration", {}, {"encryption": [{"key_vault_key_identifier": true}]})
}
