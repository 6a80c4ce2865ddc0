package terrace.azure.frontdoor.tls_test

import data.terrace.azure.frontdoor.tls
import data.terrace.lib.fixture

domain(values) := fixture.creates("azurerm_cdn_frontdoor_custom_domain", values)

test_fails_with_tls_1_0 if {
	count(tls.deny) == 1 with input as domain({"tls": [{"minimum_tls_version": "TLS10"}]})
}

test_fails_when_unknown if {
	count(tls.deny) == 1 with input as fixture.unknowns("azurerm_cdn_frontdoor_custom_domain", {}, {"tls": [{"minimum_version": true}]})
}

test_passes_with_tls_1_2 if {
	count(tls.deny) == 0 with input as domain({"tls": [{"minimum_tls_version": "TLS12"}]})
}

test_passes_with_the_default if {
	count(tls.deny) == 0 with input as domain({"tls": [{}]})
}
