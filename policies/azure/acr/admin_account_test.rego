package terrace.azure.acr.admin_account_test

import data.terrace.azure.acr.admin_account
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_with_one if {
	count(admin_account.deny) == 1 with input as registry({"admin_enabled": true})
}

test_fails_when_unknown if {
	count(admin_account.deny) == 1 with input as fixture.unknowns("azurerm_container_registry", {}, {"admin_enabled": true})
}

test_passes_with_the_default if {
	count(admin_account.deny) == 0 with input as registry({})
}

test_passes_without if {
	count(admin_account.deny) == 0 with input as registry({"admin_enabled": false})
}
