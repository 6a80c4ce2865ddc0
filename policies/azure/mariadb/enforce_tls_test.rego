package terrace.azure.mariadb.enforce_tls_test

import data.terrace.azure.mariadb.enforce_tls
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mariadb_server", values)

test_fails_by_default if {
	count(enforce_tls.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(enforce_tls.deny) == 1 with input as making({"ssl_enforcement_enabled": false})
}

test_passes_when_it_is_on if {
	count(enforce_tls.deny) == 0 with input as making({"ssl_enforcement_enabled": true})
}

test_fails_until_it_is_known if {
	count(enforce_tls.deny) == 1 with input as fixture.unknowns("azurerm_mariadb_server", {}, {"ssl_enforcement_enabled": true})
}
