package terrace.azure.keyvault.key_hsm_test

import data.terrace.azure.keyvault.key_hsm
import data.terrace.lib.fixture

key(values) := fixture.creates("azurerm_key_vault_key", values)

test_fails_in_software if {
	count(key_hsm.deny) == 1 with input as key({"key_type": "RSA"})
}

test_fails_when_unknown if {
	count(key_hsm.deny) == 1 with input as fixture.unknowns("azurerm_key_vault_key", {}, {"key_type": true})
}

test_passes_in_hardware if {
	count(key_hsm.deny) == 0 with input as key({"key_type": "RSA-HSM"})
}

test_passes_in_hardware_on_a_curve if {
	count(key_hsm.deny) == 0 with input as key({"key_type": "EC-HSM"})
}
