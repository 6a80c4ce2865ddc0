package terrace.azure.servicebus.zones_test

import data.terrace.azure.servicebus.zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_servicebus_namespace", values)

test_fails_for_standard if {
	count(zones.deny) == 1 with input as making({"sku": "Standard"})
}

test_fails_when_off_in_azurerm_3 if {
	count(zones.deny) == 1 with input as making({"sku": "Premium", "zone_redundant": false})
}

test_passes_for_premium if {
	count(zones.deny) == 0 with input as making({"sku": "Premium"})
}

test_passes_when_on_in_azurerm_3 if {
	count(zones.deny) == 0 with input as making({"sku": "Premium", "zone_redundant": true})
}
