package terrace.azure.iot.fallback_route_test

import data.terrace.azure.iot.fallback_route
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_iothub", values)

test_fails_when_on if {
	count(fallback_route.deny) == 1 with input as making({"fallback_route": [{"enabled": true}]})
}

test_passes_when_off if {
	count(fallback_route.deny) == 0 with input as making({"fallback_route": [{"enabled": false}]})
}

test_passes_without if {
	count(fallback_route.deny) == 0 with input as making({})
}
