package terrace.azure.redis.replication_test

import data.terrace.azure.redis.replication
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_redis_cache", values)

test_fails_by_default if {
	count(replication.deny) == 1 with input as making({})
}

test_fails_when_it_is_basic if {
	count(replication.deny) == 1 with input as making({"sku_name": "Basic"})
}

test_passes_when_it_is_standard if {
	count(replication.deny) == 0 with input as making({"sku_name": "Standard"})
}

test_passes_when_it_is_premium if {
	count(replication.deny) == 0 with input as making({"sku_name": "Premium"})
}

test_fails_until_it_is_known if {
	count(replication.deny) == 1 with input as fixture.unknowns("azurerm_redis_cache", {}, {"sku_name": true})
}
