package terrace.azure.netapp.zone_test

import data.terrace.azure.netapp.zone
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_netapp_volume", values)

test_fails_without if {
	count(zone.deny) == 1 with input as making({})
}

test_passes_with if {
	count(zone.deny) == 0 with input as making({"zone": "1"})
}

test_passes_with_what_is_made_now if {
	count(zone.deny) == 0 with input as fixture.unknowns("azurerm_netapp_volume", {}, {"zone": true})
}
