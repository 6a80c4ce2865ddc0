package terrace.azure.firewall.zones_test

import data.terrace.azure.firewall.zones
import data.terrace.lib.fixture

firewall(values) := fixture.creates("azurerm_firewall", values)

test_fails_without_zones if {
	count(zones.deny) == 1 with input as firewall({})
}

test_fails_in_one_zone if {
	count(zones.deny) == 1 with input as firewall({"zones": ["1"]})
}

test_fails_when_unknown if {
	count(zones.deny) == 1 with input as fixture.unknowns("azurerm_firewall", {}, {"zones": true})
}

test_passes_in_several if {
	count(zones.deny) == 0 with input as firewall({"zones": ["1", "2", "3"]})
}
