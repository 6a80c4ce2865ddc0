package terrace.azure.mysql.min_tls_test

import data.terrace.azure.mysql.min_tls
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_server", values)

test_fails_for_tls_1_1 if {
	count(min_tls.deny) == 1 with input as making({"ssl_minimal_tls_version_enforced": "TLS1_1"})
}

test_fails_for_none if {
	count(min_tls.deny) == 1 with input as making({"ssl_minimal_tls_version_enforced": "TLSEnforcementDisabled"})
}

test_passes_for_tls_1_2 if {
	count(min_tls.deny) == 0 with input as making({"ssl_minimal_tls_version_enforced": "TLS1_2"})
}

test_passes_by_default if {
	count(min_tls.deny) == 0 with input as making({})
}

test_fails_by_the_parameter if {
	count(min_tls.deny) == 1 with input as fixture.creates("azurerm_mysql_flexible_server_configuration", {"name": "tls_version", "value": "TLSv1.1"})
}

test_passes_by_the_parameter if {
	count(min_tls.deny) == 0 with input as fixture.creates("azurerm_mysql_flexible_server_configuration", {"name": "tls_version", "value": "TLSv1.2"})
}
