package terrace.azure.cosmos.local_auth_test

import data.terrace.azure.cosmos.local_auth
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_fails_by_default if {
	count(local_auth.deny) == 1 with input as making({})
}

test_fails_when_on if {
	count(local_auth.deny) == 1 with input as making({"local_authentication_enabled": true})
}

test_fails_when_on_in_azurerm_4 if {
	count(local_auth.deny) == 1 with input as making({"local_authentication_disabled": false})
}

test_passes_when_off if {
	count(local_auth.deny) == 0 with input as making({"local_authentication_enabled": false})
}

test_passes_when_off_in_azurerm_4 if {
	count(local_auth.deny) == 0 with input as making({"local_authentication_disabled": true})
}

test_passes_for_mongodb if {
	count(local_auth.deny) == 0 with input as making({"kind": "MongoDB"})
}
