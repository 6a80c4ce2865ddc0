package terrace.azure.acr.zones_test

import data.terrace.azure.acr.zones
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_with_the_default if {
	count(zones.deny) == 1 with input as registry({})
}

test_fails_when_switched_off if {
	count(zones.deny) == 1 with input as registry({"zone_redundancy_enabled": false})
}

test_fails_with_a_replica_in_one if {
	count(zones.deny) == 1 with input as registry({"zone_redundancy_enabled": true, "georeplications": [{"location": "northeurope"}]})
}

test_passes_when_switched_on if {
	count(zones.deny) == 0 with input as registry({"zone_redundancy_enabled": true, "georeplications": [{"location": "northeurope", "zone_redundancy_enabled": true}]})
}
