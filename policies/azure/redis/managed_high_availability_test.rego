package terrace.azure.redis.managed_high_availability_test

import data.terrace.azure.redis.managed_high_availability
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_managed_redis", values)

test_passes_by_default if {
	count(managed_high_availability.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(managed_high_availability.deny) == 1 with input as making({"high_availability_enabled": false})
}

test_passes_when_it_is_on if {
	count(managed_high_availability.deny) == 0 with input as making({"high_availability_enabled": true})
}

test_fails_until_it_is_known if {
	count(managed_high_availability.deny) == 1 with input as fixture.unknowns("azurerm_managed_redis", {}, {"high_availability_enabled": true})
}
