package terrace.azure.keyvault.key_size_test

import data.terrace.azure.keyvault.key_size
import data.terrace.lib.fixture

key(values) := fixture.creates("azurerm_key_vault_key", values)

test_fails_with_1024_bits if {
	count(key_size.deny) == 1 with input as key({"key_type": "RSA", "key_size": 1024})
}

test_passes_with_2048_bits if {
	count(key_size.deny) == 0 with input as key({"key_type": "RSA", "key_size": 2048})
}

test_passes_on_a_curve if {
	count(key_size.deny) == 0 with input as key({"key_type": "EC", "curve": "P-256"})
}
