package terrace.azure.network.all_ports_from_internet_test

import data.terrace.azure.network.all_ports_from_internet
import data.terrace.lib.fixture

group(values) := fixture.creates("azurerm_network_security_group", values)

test_fails_with_every_port if {
	count(all_ports_from_internet.deny) == 1 with input as fixture.creates("azurerm_network_security_rule", {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "*"})
}

test_fails_with_the_whole_range if {
	count(all_ports_from_internet.deny) == 1 with input as group({"security_rule": [{"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "0-65535"}]})
}

test_passes_with_one_port if {
	count(all_ports_from_internet.deny) == 0 with input as fixture.creates("azurerm_network_security_rule", {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "443"})
}

test_passes_from_the_network if {
	count(all_ports_from_internet.deny) == 0 with input as group({"security_rule": [{"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "VirtualNetwork", "destination_port_range": "*"}]})
}
