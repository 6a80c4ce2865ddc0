package terrace.azure.defender.key_vaults_test

import data.terrace.azure.defender.key_vaults
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(key_vaults.deny) == 1 with input as making({"resource_type": "KeyVaults", "tier": "Free"})
}

test_passes_when_standard if {
	count(key_vaults.deny) == 0 with input as making({"resource_type": "KeyVaults", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(key_vaults.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
