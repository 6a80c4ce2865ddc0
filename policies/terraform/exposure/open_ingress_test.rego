package terrace.terraform.exposure.open_ingress_test

import data.terrace.lib.fixture
import data.terrace.terraform.exposure.open_ingress

test_fails_for_ssh_inside_of_a_group if {
	count(open_ingress.deny) == 1 with input as fixture.creates("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"], "from_port": 22, "to_port": 22}]})
}

test_fails_for_a_rule_beside_it if {
	count(open_ingress.deny) == 1 with input as fixture.creates("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "0.0.0.0/0", "from_port": 22, "to_port": 22})
}

test_fails_in_google_cloud if {
	count(open_ingress.deny) == 1 with input as fixture.creates("google_compute_firewall", {"source_ranges": ["0.0.0.0/0"], "allow": [{"protocol": "tcp", "ports": ["22"]}]})
}

test_passes_for_the_web if {
	count(open_ingress.deny) == 0 with input as fixture.creates("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"], "from_port": 443, "to_port": 443}]})
}

test_passes_for_named_addresses if {
	count(open_ingress.deny) == 0 with input as fixture.creates("aws_security_group", {"ingress": [{"cidr_blocks": ["10.0.0.0/8"], "from_port": 22, "to_port": 22}]})
}
