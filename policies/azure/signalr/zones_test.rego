package terrace.azure.signalr.zones_test

import data.terrace.azure.signalr.zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_signalr_service", values)

test_fails_for_standard if {
	count(zones.deny) == 1 with input as making({"sku": [{"name": "Standard_S1"}]})
}

test_passes_for_premium if {
	count(zones.deny) == 0 with input as making({"sku": [{"name": "Premium_P1"}]})
}
