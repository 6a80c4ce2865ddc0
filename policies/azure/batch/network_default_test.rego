package terrace.azure.batch.network_default_test

import data.terrace.azure.batch.network_default
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_batch_account", values)

test_fails_when_allowed if {
	count(network_default.deny) == 1 with input as account({"network_profile": [{"account_access": [{"default_action": "Allow"}]}]})
}

test_fails_when_unknown if {
	count(network_default.deny) == 1 with input as fixture.unknowns("azurerm_batch_account", {}, {"network_profile": [{"account_access": [{"default_action": true}]}]})
}

test_passes_when_denied if {
	count(network_default.deny) == 0 with input as account({"network_profile": [{"account_access": [{"default_action": "Deny"}]}]})
}

test_passes_when_closed if {
	count(network_default.deny) == 0 with input as account({"public_network_access_enabled": false, "network_profile": [{"account_access": [{"default_action": "Allow"}]}]})
}

test_passes_without_rules if {
	count(network_default.deny) == 0 with input as account({})
}
