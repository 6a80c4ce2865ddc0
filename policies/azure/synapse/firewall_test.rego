package terrace.azure.synapse.firewall_test

import data.terrace.azure.synapse.firewall
import data.terrace.lib.fixture

test_fails_with_a_rule if {
	count(firewall.deny) == 1 with input as fixture.creates("azurerm_synapse_firewall_rule", {"start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"})
}

test_passes_without if {
	count(firewall.deny) == 0 with input as fixture.creates("azurerm_synapse_workspace", {})
}
