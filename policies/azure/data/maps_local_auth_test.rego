package terrace.azure.data.maps_local_auth_test

import data.terrace.azure.data.maps_local_auth
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_maps_account", values)

test_fails_by_default if {
	count(maps_local_auth.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(maps_local_auth.deny) == 1 with input as making({"local_authentication_enabled": true})
}

test_passes_when_it_is_off if {
	count(maps_local_auth.deny) == 0 with input as making({"local_authentication_enabled": false})
}

test_fails_until_it_is_known if {
	count(maps_local_auth.deny) == 1 with input as fixture.unknowns("azurerm_maps_account", {}, {"local_authentication_enabled": true})
}
