package terrace.azure.network.udp_from_internet_test

import data.terrace.azure.network.udp_from_internet
import data.terrace.lib.fixture

group(values) := fixture.creates("azurerm_network_security_group", values)

test_fails_from_anywhere if {
	count(udp_from_internet.deny) == 1 with input as fixture.creates("azurerm_network_security_rule", {"access": "Allow", "direction": "Inbound", "protocol": "Udp", "source_address_prefix": "*", "destination_port_range": "443"})
}

test_fails_inside_of_a_group if {
	count(udp_from_internet.deny) == 1 with input as group({"security_rule": [{"access": "Allow", "direction": "Inbound", "protocol": "UDP", "source_address_prefix": "Internet", "destination_port_range": "443"}]})
}

test_passes_from_the_network if {
	count(udp_from_internet.deny) == 0 with input as fixture.creates("azurerm_network_security_rule", {"access": "Allow", "direction": "Inbound", "protocol": "Udp", "source_address_prefix": "10.0.0.0/8", "destination_port_range": "443"})
}

test_passes_by_another_protocol if {
	count(udp_from_internet.deny) == 0 with input as group({"security_rule": [{"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "443"}]})
}
