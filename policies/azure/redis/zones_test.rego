package terrace.azure.redis.zones_test

import data.terrace.azure.redis.zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_redis_cache", values)

test_fails_without if {
	count(zones.deny) == 1 with input as making({})
}

test_fails_for_none if {
	count(zones.deny) == 1 with input as making({"zones": []})
}

test_fails_in_one if {
	count(zones.deny) == 1 with input as making({"zones": ["1"]})
}

test_passes_in_two if {
	count(zones.deny) == 0 with input as making({"zones": ["1", "2"]})
}
