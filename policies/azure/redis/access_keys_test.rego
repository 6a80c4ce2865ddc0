package terrace.azure.redis.access_keys_test

import data.terrace.azure.redis.access_keys
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_redis_cache", values)

test_fails_by_default if {
	count(access_keys.deny) == 1 with input as making({})
}

test_passes_when_off if {
	count(access_keys.deny) == 0 with input as making({"access_keys_authentication_enabled": false})
}

test_fails_for_managed_redis if {
	count(access_keys.deny) == 1 with input as fixture.creates("azurerm_managed_redis", {"default_database": [{"access_keys_authentication_enabled": true}]})
}

test_passes_for_managed_redis if {
	count(access_keys.deny) == 0 with input as fixture.creates("azurerm_managed_redis", {})
}
