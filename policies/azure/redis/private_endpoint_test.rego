package terrace.azure.redis.private_endpoint_test

import data.terrace.azure.redis.private_endpoint
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_redis_cache", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_redis_cache", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_redis_cache.this",
)

test_fails_without if {
	count(private_endpoint.deny) == 1 with input as making({})
}

test_passes_with_subnet_id if {
	count(private_endpoint.deny) == 0 with input as making({"subnet_id": "/subnets/a"})
}

test_passes_beside_one if {
	count(private_endpoint.deny) == 0 with input as both("azurerm_private_endpoint", "private_service_connection")
}
