package terrace.azure.iot.local_auth_test

import data.terrace.azure.iot.local_auth
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_iothub", values)

test_fails_by_default if {
	count(local_auth.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(local_auth.deny) == 1 with input as making({"local_authentication_enabled": true})
}

test_passes_when_it_is_off if {
	count(local_auth.deny) == 0 with input as making({"local_authentication_enabled": false})
}

test_fails_until_it_is_known if {
	count(local_auth.deny) == 1 with input as fixture.unknowns("azurerm_iothub", {}, {"local_authentication_enabled": true})
}
