package terrace.azure.search.allowed_ips_test

import data.terrace.azure.search.allowed_ips
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_search_service", values)

test_fails_for_everyone if {
	count(allowed_ips.deny) == 1 with input as making({"allowed_ips": ["0.0.0.0/0"]})
}

test_passes_for_named_ones if {
	count(allowed_ips.deny) == 0 with input as making({"allowed_ips": ["203.0.113.4"]})
}

test_passes_without if {
	count(allowed_ips.deny) == 0 with input as making({})
}
