package terrace.azure.frontdoor.cdn_tls_test

import data.terrace.azure.frontdoor.cdn_tls
import data.terrace.lib.fixture

domain(values) := fixture.creates("azurerm_cdn_endpoint_custom_domain", values)

test_fails_with_tls_1_0 if {
	count(cdn_tls.deny) == 1 with input as domain({"cdn_managed_https": [{"tls_version": "TLS10"}]})
}

test_fails_with_none if {
	count(cdn_tls.deny) == 1 with input as domain({"user_managed_https": [{"tls_version": "None"}]})
}

test_passes_with_tls_1_2 if {
	count(cdn_tls.deny) == 0 with input as domain({"cdn_managed_https": [{"tls_version": "TLS12"}]})
}

test_passes_with_the_default if {
	count(cdn_tls.deny) == 0 with input as domain({"user_managed_https": [{}]})
}
