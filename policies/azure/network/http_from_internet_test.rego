package terrace.azure.network.http_from_internet_test

import data.terrace.azure.network.http_from_internet
import data.terrace.lib.fixture

group(values) := fixture.creates("azurerm_network_security_group", values)

test_fails_from_anywhere if {
	count(http_from_internet.deny) == 1 with input as fixture.creates("azurerm_network_security_rule", {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "80"})
}

test_fails_inside_of_a_group if {
	count(http_from_internet.deny) == 1 with input as group({"security_rule": [{"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "443"}, {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "80"}]})
}

test_fails_within_a_range if {
	count(http_from_internet.deny) == 1 with input as fixture.creates("azurerm_network_security_rule", {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "Internet", "destination_port_range": "443", "destination_port_ranges": ["443", "79-81"]})
}

test_passes_from_the_network if {
	count(http_from_internet.deny) == 0 with input as fixture.creates("azurerm_network_security_rule", {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "10.0.0.0/8", "destination_port_range": "80"})
}

test_passes_when_denied if {
	count(http_from_internet.deny) == 0 with input as fixture.creates("azurerm_network_security_rule", {"access": "Deny", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "80"})
}

test_passes_with_another_port if {
	count(http_from_internet.deny) == 0 with input as group({"security_rule": [{"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "443"}]})
}

test_passes_without_rules if {
	count(http_from_internet.deny) == 0 with input as group({})
}
