package terrace.azure.aks.secrets_encryption_test

import data.terrace.azure.aks.secrets_encryption
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(secrets_encryption.deny) == 1 with input as cluster({})
}

test_passes_with if {
	count(secrets_encryption.deny) == 0 with input as cluster({"key_management_service": [{"key_vault_key_id": "https://v/keys/k"}]})
}

test_passes_with_one_that_is_made_now if {
	count(secrets_encryption.deny) == 0 with input as fixture.unknowns("azurerm_kubernetes_cluster", {}, {"key_management_service": [{"key_vault_key_id": true}]})
}
