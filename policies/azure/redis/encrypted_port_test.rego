package terrace.azure.redis.encrypted_port_test

import data.terrace.azure.redis.encrypted_port
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_redis_cache", values)

test_passes_by_default if {
	count(encrypted_port.deny) == 0 with input as making({})
}

test_fails_when_it_is_on if {
	count(encrypted_port.deny) == 1 with input as making({"non_ssl_port_enabled": true})
}

test_passes_when_it_is_off if {
	count(encrypted_port.deny) == 0 with input as making({"non_ssl_port_enabled": false})
}

test_fails_by_an_older_name if {
	count(encrypted_port.deny) == 1 with input as making({"enable_non_ssl_port": true})
}

test_passes_by_an_older_name if {
	count(encrypted_port.deny) == 0 with input as making({"enable_non_ssl_port": false})
}

test_fails_until_it_is_known if {
	count(encrypted_port.deny) == 1 with input as fixture.unknowns("azurerm_redis_cache", {}, {"non_ssl_port_enabled": true})
}
