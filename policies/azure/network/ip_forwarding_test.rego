package terrace.azure.network.ip_forwarding_test

import data.terrace.azure.network.ip_forwarding
import data.terrace.lib.fixture

interface(values) := fixture.creates("azurerm_network_interface", values)

test_fails_when_switched_on if {
	count(ip_forwarding.deny) == 1 with input as interface({"ip_forwarding_enabled": true})
}

test_fails_when_switched_on_in_azurerm_3 if {
	count(ip_forwarding.deny) == 1 with input as interface({"enable_ip_forwarding": true})
}

test_passes_with_the_default if {
	count(ip_forwarding.deny) == 0 with input as interface({})
}

test_passes_when_switched_off if {
	count(ip_forwarding.deny) == 0 with input as interface({"ip_forwarding_enabled": false})
}
