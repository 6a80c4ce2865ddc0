package terrace.azure.servicebus.network_default_test

import data.terrace.azure.servicebus.network_default
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_servicebus_namespace", values)

test_fails_when_allowed if {
	count(network_default.deny) == 1 with input as making({"network_rule_set": [{"default_action": "Allow"}]})
}

test_passes_when_denied if {
	count(network_default.deny) == 0 with input as making({"network_rule_set": [{"default_action": "Deny"}]})
}

test_passes_when_closed if {
	count(network_default.deny) == 0 with input as making({"public_network_access_enabled": false, "network_rule_set": [{}]})
}

test_fails_for_the_old_type if {
	count(network_default.deny) == 1 with input as fixture.creates("azurerm_servicebus_namespace_network_rule_set", {})
}
