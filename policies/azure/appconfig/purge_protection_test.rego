package terrace.azure.appconfig.purge_protection_test

import data.terrace.azure.appconfig.purge_protection
import data.terrace.lib.fixture

store(values) := fixture.creates("azurerm_app_configuration", values)

test_fails_with_the_default if {
	count(purge_protection.deny) == 1 with input as store({})
}

test_fails_when_switched_off if {
	count(purge_protection.deny) == 1 with input as store({"purge_protection_enabled": false})
}

test_passes_when_switched_on if {
	count(purge_protection.deny) == 0 with input as store({"purge_protection_enabled": true})
}
