package terrace.azure.network.local_dns_test

import data.terrace.azure.network.local_dns
import data.terrace.lib.fixture

network(values) := fixture.creates("azurerm_virtual_network", values)

test_fails_with_servers_elsewhere if {
	count(local_dns.deny) == 1 with input as network({"address_space": ["10.0.0.0/16"], "dns_servers": ["192.0.2.4"]})
}

test_passes_with_servers_inside if {
	count(local_dns.deny) == 0 with input as network({"address_space": ["10.0.0.0/16"], "dns_servers": ["10.0.0.4", "10.0.0.5"]})
}

test_passes_with_that_of_azure if {
	count(local_dns.deny) == 0 with input as network({"address_space": ["10.0.0.0/16"]})
}
