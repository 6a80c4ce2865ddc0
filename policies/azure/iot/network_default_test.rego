package terrace.azure.iot.network_default_test

import data.terrace.azure.iot.network_default
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_iothub", values)

test_fails_when_allowed if {
	count(network_default.deny) == 1 with input as making({"network_rule_set": [{"default_action": "Allow"}]})
}

test_passes_by_default if {
	count(network_default.deny) == 0 with input as making({"network_rule_set": [{}]})
}

test_passes_without if {
	count(network_default.deny) == 0 with input as making({})
}
