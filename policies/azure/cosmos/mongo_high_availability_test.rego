package terrace.azure.cosmos.mongo_high_availability_test

import data.terrace.azure.cosmos.mongo_high_availability
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mongo_cluster", values)

test_fails_by_default if {
	count(mongo_high_availability.deny) == 1 with input as making({})
}

test_fails_when_it_is_samezone if {
	count(mongo_high_availability.deny) == 1 with input as making({"high_availability_mode": "SameZone"})
}

test_passes_when_it_is_zoneredundantpreferred if {
	count(mongo_high_availability.deny) == 0 with input as making({"high_availability_mode": "ZoneRedundantPreferred"})
}

test_fails_until_it_is_known if {
	count(mongo_high_availability.deny) == 1 with input as fixture.unknowns("azurerm_mongo_cluster", {}, {"high_availability_mode": true})
}
