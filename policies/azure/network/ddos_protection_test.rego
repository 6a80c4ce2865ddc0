package terrace.azure.network.ddos_protection_test

import data.terrace.azure.network.ddos_protection
import data.terrace.lib.fixture

network(values) := fixture.creates("azurerm_virtual_network", values)

test_fails_without if {
	count(ddos_protection.deny) == 1 with input as network({})
}

test_fails_when_switched_off if {
	count(ddos_protection.deny) == 1 with input as network({"ddos_protection_plan": [{"enable": false}]})
}

test_passes_with_a_plan if {
	count(ddos_protection.deny) == 0 with input as network({"ddos_protection_plan": [{"enable": true}]})
}
