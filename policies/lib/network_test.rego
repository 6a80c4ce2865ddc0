package terrace.lib.network_test

import data.terrace.lib.fixture
import data.terrace.lib.network

allowing := {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "source_address_prefix": "*", "destination_port_range": "22"}

ruled(values) := fixture.creates("azurerm_network_security_rule", object.union(allowing, values))

grouped(values) := fixture.creates("azurerm_network_security_group", {"security_rule": [{"access": "Deny"}, object.union(allowing, values)]})

test_admitted_from_anywhere if {
	every source in ["*", "Internet", "any", "0.0.0.0/0", "::/0", "0.0.0.0"] {
		count(network.admitted) == 1 with input as ruled({"source_address_prefix": source})
	}
	count(network.admitted) == 1 with input as ruled({"source_address_prefix": null, "source_address_prefixes": ["10.0.0.0/8", "0.0.0.0/0"]})
}

test_admitted_inside_of_a_group if {
	[rule] := network.admitted with input as grouped({})
	rule.path == ["security_rule", 1]
}

test_not_admitted if {
	every values in [{"access": "Deny"}, {"direction": "Outbound"}, {"source_address_prefix": "10.0.0.0/8"}, {"source_address_prefix": "VirtualNetwork"}] {
		count(network.admitted) == 0 with input as ruled(values)
	}
}

test_reaches if {
	every ports in ["22", "*", "20-25", "22-22"] {
		[rule] := network.admitted with input as ruled({"destination_port_range": ports})
		network.reaches(rule, {"tcp"}, 22)
	}
	[rule] := network.admitted with input as ruled({"destination_port_range": null, "destination_port_ranges": ["80", "22"]})
	network.reaches(rule, {"tcp"}, 22)
}

test_does_not_reach if {
	every values in [{"destination_port_range": "23"}, {"destination_port_range": "23-80"}, {"protocol": "Udp"}, {"destination_port_range": "220"}] {
		[rule] := network.admitted with input as ruled(values)
		not network.reaches(rule, {"tcp"}, 22)
	}
}
