package terrace.azure.postgres.enforce_tls_test

import data.terrace.azure.postgres.enforce_tls
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_server", values)

test_fails_by_default_for_an_older_server if {
	count(enforce_tls.deny) == 1 with input as making({})
}

test_fails_when_off_for_an_older_server if {
	count(enforce_tls.deny) == 1 with input as making({"ssl_enforcement_enabled": false})
}

test_passes_when_on_for_an_older_server if {
	count(enforce_tls.deny) == 0 with input as making({"ssl_enforcement_enabled": true})
}

test_fails_by_the_parameter if {
	count(enforce_tls.deny) == 1 with input as fixture.creates("azurerm_postgresql_flexible_server_configuration", {"name": "require_secure_transport", "value": "OFF"})
}

test_passes_by_the_parameter if {
	count(enforce_tls.deny) == 0 with input as fixture.creates("azurerm_postgresql_flexible_server_configuration", {"name": "require_secure_transport", "value": "ON"})
}

test_passes_another_parameter if {
	count(enforce_tls.deny) == 0 with input as fixture.creates("azurerm_postgresql_flexible_server_configuration", {"name": "slow_query_log", "value": "OFF"})
}
