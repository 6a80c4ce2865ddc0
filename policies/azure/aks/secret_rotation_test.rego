package terrace.azure.aks.secret_rotation_test

import data.terrace.azure.aks.secret_rotation
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(secret_rotation.deny) == 1 with input as cluster({})
}

test_fails_when_switched_off if {
	count(secret_rotation.deny) == 1 with input as cluster({"key_vault_secrets_provider": [{"secret_rotation_enabled": false}]})
}

test_passes_when_switched_on if {
	count(secret_rotation.deny) == 0 with input as cluster({"key_vault_secrets_provider": [{"secret_rotation_enabled": true}]})
}
