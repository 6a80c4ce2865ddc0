package terrace.azure.keyvault.secret_content_type_test

import data.terrace.azure.keyvault.secret_content_type
import data.terrace.lib.fixture

secret(values) := fixture.creates("azurerm_key_vault_secret", values)

test_fails_without if {
	count(secret_content_type.deny) == 1 with input as secret({})
}

test_fails_when_empty if {
	count(secret_content_type.deny) == 1 with input as secret({"content_type": ""})
}

test_passes_with if {
	count(secret_content_type.deny) == 0 with input as secret({"content_type": "password"})
}

test_passes_when_unknown if {
	count(secret_content_type.deny) == 0 with input as fixture.unknowns("azurerm_key_vault_secret", {}, {"content_type": true})
}
