package terrace.azure.cosmos.min_tls_test

import data.terrace.azure.cosmos.min_tls
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_passes_by_default if {
	count(min_tls.deny) == 0 with input as making({})
}

test_fails_when_it_is_tls if {
	count(min_tls.deny) == 1 with input as making({"minimal_tls_version": "Tls"})
}

test_passes_when_it_is_tls12 if {
	count(min_tls.deny) == 0 with input as making({"minimal_tls_version": "Tls12"})
}

test_passes_when_it_is_tls13 if {
	count(min_tls.deny) == 0 with input as making({"minimal_tls_version": "Tls13"})
}

test_fails_until_it_is_known if {
	count(min_tls.deny) == 1 with input as fixture.unknowns("azurerm_cosmosdb_account", {}, {"minimal_tls_version": true})
}
