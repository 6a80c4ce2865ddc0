package terrace.azure.eventhub.zones_test

import data.terrace.azure.eventhub.zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventhub_namespace", values)

test_fails_when_off_in_azurerm_3 if {
	count(zones.deny) == 1 with input as making({"location": "westeurope", "zone_redundant": false})
}

test_fails_in_a_region_without_zones if {
	count(zones.deny) == 1 with input as making({"location": "West US"})
}

test_fails_for_nothing if {
	count(zones.deny) == 1 with input as making({})
}

test_passes_when_on_in_azurerm_3 if {
	count(zones.deny) == 0 with input as making({"zone_redundant": true})
}

test_passes_in_a_region_with_zones if {
	count(zones.deny) == 0 with input as making({"location": "West Europe"})
}
