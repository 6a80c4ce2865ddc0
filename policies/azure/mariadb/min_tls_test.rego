package terrace.azure.mariadb.min_tls_test

import data.terrace.azure.mariadb.min_tls
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mariadb_server", values)

test_fails_for_tls_1_0 if {
	count(min_tls.deny) == 1 with input as making({"ssl_enforcement_enabled": true, "ssl_minimal_tls_version_enforced": "TLS1_0"})
}

test_fails_without_enforcement if {
	count(min_tls.deny) == 1 with input as making({})
}

test_passes_for_tls_1_2 if {
	count(min_tls.deny) == 0 with input as making({"ssl_enforcement_enabled": true, "ssl_minimal_tls_version_enforced": "TLS1_2"})
}
