package terrace.azure.redis.public_network_test

import data.terrace.azure.redis.public_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_redis_cache", values)

test_fails_by_default if {
	count(public_network.deny) == 1 with input as making({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as making({"public_network_access_enabled": true})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as making({"public_network_access_enabled": false})
}

test_passes_in_a_subnet if {
	count(public_network.deny) == 0 with input as making({"subnet_id": "/subnets/a"})
}

test_fails_for_managed_redis if {
	count(public_network.deny) == 1 with input as fixture.creates("azurerm_managed_redis", {"public_network_access": "Enabled"})
}

test_passes_for_managed_redis if {
	count(public_network.deny) == 0 with input as fixture.creates("azurerm_managed_redis", {"public_network_access": "Disabled"})
}
