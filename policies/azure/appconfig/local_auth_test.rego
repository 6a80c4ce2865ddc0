package terrace.azure.appconfig.local_auth_test

import data.terrace.azure.appconfig.local_auth
import data.terrace.lib.fixture

store(values) := fixture.creates("azurerm_app_configuration", values)

test_fails_with_the_default if {
	count(local_auth.deny) == 1 with input as store({})
}

test_fails_when_allowed if {
	count(local_auth.deny) == 1 with input as store({"local_auth_enabled": true})
}

test_passes_when_refused if {
	count(local_auth.deny) == 0 with input as store({"local_auth_enabled": false})
}
