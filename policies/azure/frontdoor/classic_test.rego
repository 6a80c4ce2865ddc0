package terrace.azure.frontdoor.classic_test

import data.terrace.azure.frontdoor.classic
import data.terrace.lib.fixture

door(values) := fixture.creates("azurerm_frontdoor", values)

test_fails_for_a_door if {
	count(classic.deny) == 1 with input as door({})
}

test_fails_for_a_policy if {
	count(classic.deny) == 1 with input as fixture.creates("azurerm_frontdoor_firewall_policy", {})
}

test_passes_for_the_present_one if {
	count(classic.deny) == 0 with input as fixture.creates("azurerm_cdn_frontdoor_profile", {})
}
