package terrace.azure.redis.authentication_test

import data.terrace.azure.redis.authentication
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_redis_cache", values)

test_passes_by_default if {
	count(authentication.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(authentication.deny) == 1 with input as making({"redis_configuration": [{"authentication_enabled": false}]})
}

test_passes_when_it_is_on if {
	count(authentication.deny) == 0 with input as making({"redis_configuration": [{"authentication_enabled": true}]})
}

test_fails_by_an_older_name if {
	count(authentication.deny) == 1 with input as making({"redis_configuration": [{"enable_authentication": false}]})
}

test_passes_by_an_older_name if {
	count(authentication.deny) == 0 with input as making({"redis_configuration": [{"enable_authentication": true}]})
}

test_fails_until_it_is_known if {
	count(authentication.deny) == 1 with input as fixture.unknowns("azurerm_redis_cache", {}, {"redis_configuration": [{"authentication_enabled": true}]})
}
