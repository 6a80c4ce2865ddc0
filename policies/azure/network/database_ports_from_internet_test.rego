package terrace.azure.network.database_ports_from_internet_test

import data.terrace.azure.network.database_ports_from_internet
import data.terrace.lib.fixture

group(values) := fixture.creates("azurerm_network_security_group", values)

test_fails_with_a_port if {
	count(database_ports_from_internet.deny) == 1 with input as fixture.creates("azurerm_network_security_rule", {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "5432"})
}

test_fails_within_a_range if {
	count(database_ports_from_internet.deny) == 1 with input as group({"security_rule": [{"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "3300-3310"}]})
}

test_passes_with_another_port if {
	count(database_ports_from_internet.deny) == 0 with input as fixture.creates("azurerm_network_security_rule", {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "443"})
}

test_passes_from_the_network if {
	count(database_ports_from_internet.deny) == 0 with input as group({"security_rule": [{"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "10.0.0.0/8", "destination_port_range": "5432"}]})
}
