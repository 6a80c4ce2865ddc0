package terrace.azure.eventhub.network_default_test

import data.terrace.azure.eventhub.network_default
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventhub_namespace", values)

test_fails_when_allowed if {
	count(network_default.deny) == 1 with input as making({"network_rulesets": [{"default_action": "Allow"}]})
}

test_passes_when_denied if {
	count(network_default.deny) == 0 with input as making({"network_rulesets": [{"default_action": "Deny"}]})
}

test_passes_without if {
	count(network_default.deny) == 0 with input as making({})
}
