package terrace.azure.keyvault.key_rotation_test

import data.terrace.azure.keyvault.key_rotation
import data.terrace.lib.fixture

key(values) := fixture.creates("azurerm_key_vault_key", values)

test_fails_without_a_policy if {
	count(key_rotation.deny) == 1 with input as key({})
}

test_fails_with_an_expiry_alone if {
	count(key_rotation.deny) == 1 with input as key({"rotation_policy": [{"expire_after": "P90D", "automatic": []}]})
}

test_passes_with_a_policy if {
	count(key_rotation.deny) == 0 with input as key({"rotation_policy": [{"automatic": [{"time_before_expiry": "P30D"}]}]})
}
