package terrace.azure.cognitive.local_auth_test

import data.terrace.azure.cognitive.local_auth
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cognitive_account", values)

test_fails_by_default if {
	count(local_auth.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(local_auth.deny) == 1 with input as making({"local_auth_enabled": true})
}

test_passes_when_it_is_off if {
	count(local_auth.deny) == 0 with input as making({"local_auth_enabled": false})
}

test_fails_by_an_older_name if {
	count(local_auth.deny) == 1 with input as making({"local_authentication_enabled": true})
}

test_passes_by_an_older_name if {
	count(local_auth.deny) == 0 with input as making({"local_authentication_enabled": false})
}

test_fails_until_it_is_known if {
	count(local_auth.deny) == 1 with input as fixture.unknowns("azurerm_cognitive_account", {}, {"local_auth_enabled": true})
}
