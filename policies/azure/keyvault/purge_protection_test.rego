package terrace.azure.keyvault.purge_protection_test

import data.terrace.azure.keyvault.purge_protection
import data.terrace.lib.fixture

vault(values) := fixture.creates("azurerm_key_vault", values)

test_fails_without if {
	count(purge_protection.deny) == 1 with input as vault({})
}

test_fails_when_switched_off if {
	count(purge_protection.deny) == 1 with input as vault({"purge_protection_enabled": false})
}

test_fails_when_unknown if {
	count(purge_protection.deny) == 1 with input as fixture.unknowns("azurerm_key_vault", {}, {"purge_protection_enabled": true})
}

test_passes_with if {
	count(purge_protection.deny) == 0 with input as vault({"purge_protection_enabled": true})
}
