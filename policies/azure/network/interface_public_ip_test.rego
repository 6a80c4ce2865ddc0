package terrace.azure.network.interface_public_ip_test

import data.terrace.azure.network.interface_public_ip
import data.terrace.lib.fixture

interface(values) := fixture.creates("azurerm_network_interface", values)

test_fails_with_one if {
	count(interface_public_ip.deny) == 1 with input as interface({"ip_configuration": [{"name": "a"}, {"public_ip_address_id": "/x"}]})
}

test_fails_with_one_that_is_made_now if {
	count(interface_public_ip.deny) == 1 with input as fixture.unknowns("azurerm_network_interface", {"ip_configuration": [{"name": "a"}]}, {"ip_configuration": [{"public_ip_address_id": true}]})
}

test_passes_without if {
	count(interface_public_ip.deny) == 0 with input as interface({"ip_configuration": [{"name": "a", "public_ip_address_id": null}]})
}

test_passes_without_configurations if {
	count(interface_public_ip.deny) == 0 with input as interface({})
}
