package terrace.azure.network.subnet_nsg_test

import data.terrace.azure.network.subnet_nsg
import data.terrace.lib.fixture

subnet(values) := fixture.creates("azurerm_subnet", values)

test_fails_without if {
	count(subnet_nsg.deny) == 1 with input as subnet({"name": "a"})
}

test_fails_without_inside_of_a_network if {
	count(subnet_nsg.deny) == 1 with input as fixture.creates("azurerm_virtual_network", {"subnet": [{"name": "a", "security_group": ""}]})
}

test_passes_for_a_gateway if {
	count(subnet_nsg.deny) == 0 with input as subnet({"name": "GatewaySubnet"})
}

test_passes_for_a_firewall if {
	count(subnet_nsg.deny) == 0 with input as subnet({"name": "AzureFirewallSubnet"})
}

test_passes_for_netapp if {
	count(subnet_nsg.deny) == 0 with input as subnet({"name": "a", "delegation": [{"service_delegation": [{"name": "Microsoft.Netapp/volumes"}]}]})
}

test_passes_inside_of_a_network if {
	count(subnet_nsg.deny) == 0 with input as fixture.creates("azurerm_virtual_network", {"subnet": [{"name": "a", "security_group": "/x"}]})
}

test_passes_with_an_association if {
	beside := fixture.plan([
		fixture.create("azurerm_subnet", "this", {"name": "a"}),
		fixture.create("azurerm_subnet_network_security_group_association", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_subnet_network_security_group_association", "subnet_id", "azurerm_subnet.this")
	count(subnet_nsg.deny) == 0 with input as document
}
