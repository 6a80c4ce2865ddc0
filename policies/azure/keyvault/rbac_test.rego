package terrace.azure.keyvault.rbac_test

import data.terrace.azure.keyvault.rbac
import data.terrace.lib.fixture

vault(values) := fixture.creates("azurerm_key_vault", values)

test_fails_with_the_default if {
	count(rbac.deny) == 1 with input as vault({})
}

test_fails_when_switched_off if {
	count(rbac.deny) == 1 with input as vault({"rbac_authorization_enabled": false})
}

test_passes_with_roles if {
	count(rbac.deny) == 0 with input as vault({"rbac_authorization_enabled": true})
}

test_passes_with_roles_in_azurerm_3 if {
	count(rbac.deny) == 0 with input as vault({"enable_rbac_authorization": true})
}
