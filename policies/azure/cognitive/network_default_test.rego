package terrace.azure.cognitive.network_default_test

import data.terrace.azure.cognitive.network_default
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cognitive_account", values)

test_fails_without if {
	count(network_default.deny) == 1 with input as making({})
}

test_fails_when_allowed if {
	count(network_default.deny) == 1 with input as making({"network_acls": [{"default_action": "Allow"}]})
}

test_passes_when_denied if {
	count(network_default.deny) == 0 with input as making({"network_acls": [{"default_action": "Deny"}]})
}

test_passes_when_closed if {
	count(network_default.deny) == 0 with input as making({"public_network_access_enabled": false})
}
