package terrace.azure.network.several_dns_servers_test

import data.terrace.azure.network.several_dns_servers
import data.terrace.lib.fixture

network(values) := fixture.creates("azurerm_virtual_network", values)

test_fails_with_one if {
	count(several_dns_servers.deny) == 1 with input as network({"dns_servers": ["10.0.0.4"]})
}

test_fails_with_one_beside_the_network if {
	count(several_dns_servers.deny) == 1 with input as fixture.creates("azurerm_virtual_network_dns_servers", {"dns_servers": ["10.0.0.4"]})
}

test_passes_with_two if {
	count(several_dns_servers.deny) == 0 with input as network({"dns_servers": ["10.0.0.4", "10.0.0.5"]})
}

test_passes_with_that_of_azure if {
	count(several_dns_servers.deny) == 0 with input as network({})
}

test_passes_with_an_empty_list if {
	count(several_dns_servers.deny) == 0 with input as network({"dns_servers": []})
}
