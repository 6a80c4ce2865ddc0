package terrace.azure.redis.geo_replication_test

import data.terrace.azure.redis.geo_replication
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_redis_cache", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_redis_cache", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_redis_cache.this",
)

test_fails_without if {
	count(geo_replication.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(geo_replication.deny) == 0 with input as both("azurerm_redis_linked_server", "linked_redis_cache_id")
}

test_passes_beside_another_1 if {
	count(geo_replication.deny) == 0 with input as both("azurerm_redis_linked_server", "target_redis_cache_name")
}
