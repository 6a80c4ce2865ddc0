package terrace.azure.loadbalancer.zones_test

import data.terrace.azure.loadbalancer.zones
import data.terrace.lib.fixture

balancer(values) := fixture.creates("azurerm_lb", values)

test_fails_without_zones if {
	count(zones.deny) == 1 with input as balancer({"frontend_ip_configuration": [{"subnet_id": "/x"}]})
}

test_fails_in_one_zone if {
	count(zones.deny) == 1 with input as balancer({"frontend_ip_configuration": [{"subnet_id": "/x", "zones": ["1"]}]})
}

test_passes_in_several if {
	count(zones.deny) == 0 with input as balancer({"frontend_ip_configuration": [{"subnet_id": "/x", "zones": ["1", "2", "3"]}]})
}

test_passes_with_a_public_address if {
	count(zones.deny) == 0 with input as balancer({"frontend_ip_configuration": [{"public_ip_address_id": "/x"}]})
}
