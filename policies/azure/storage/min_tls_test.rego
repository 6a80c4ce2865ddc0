package terrace.azure.storage.min_tls_test

import data.terrace.azure.storage.min_tls
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_with_tls_1_0 if {
	count(min_tls.deny) == 1 with input as account({"min_tls_version": "TLS1_0"})
}

test_fails_with_tls_1_1 if {
	count(min_tls.deny) == 1 with input as account({"min_tls_version": "TLS1_1"})
}

test_fails_when_unknown if {
	count(min_tls.deny) == 1 with input as fixture.unknowns("azurerm_storage_account", {}, {"min_tls_version": true})
}

test_passes_with_tls_1_2 if {
	count(min_tls.deny) == 0 with input as account({"min_tls_version": "TLS1_2"})
}

test_passes_with_tls_1_3 if {
	count(min_tls.deny) == 0 with input as account({"min_tls_version": "TLS1_3"})
}

test_passes_with_the_default if {
	count(min_tls.deny) == 0 with input as account({})
}
