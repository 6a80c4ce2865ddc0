package terrace.azure.keyvault.soft_delete_test

import data.terrace.azure.keyvault.soft_delete
import data.terrace.lib.fixture

vault(values) := fixture.creates("azurerm_key_vault", values)

test_fails_when_switched_off if {
	count(soft_delete.deny) == 1 with input as vault({"soft_delete_enabled": false})
}

test_fails_with_too_few_days if {
	count(soft_delete.deny) == 1 with input as vault({"soft_delete_retention_days": 1})
}

test_passes_with_the_default if {
	count(soft_delete.deny) == 0 with input as vault({})
}

test_passes_when_switched_on if {
	count(soft_delete.deny) == 0 with input as vault({"soft_delete_enabled": true, "soft_delete_retention_days": 7})
}
