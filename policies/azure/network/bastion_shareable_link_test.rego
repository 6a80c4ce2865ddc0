package terrace.azure.network.bastion_shareable_link_test

import data.terrace.azure.network.bastion_shareable_link
import data.terrace.lib.fixture

host(values) := fixture.creates("azurerm_bastion_host", values)

test_fails_when_switched_on if {
	count(bastion_shareable_link.deny) == 1 with input as host({"shareable_link_enabled": true})
}

test_passes_with_the_default if {
	count(bastion_shareable_link.deny) == 0 with input as host({})
}

test_passes_when_switched_off if {
	count(bastion_shareable_link.deny) == 0 with input as host({"shareable_link_enabled": false})
}
