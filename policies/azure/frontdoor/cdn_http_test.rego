package terrace.azure.frontdoor.cdn_http_test

import data.terrace.azure.frontdoor.cdn_http
import data.terrace.lib.fixture

endpoint(values) := fixture.creates("azurerm_cdn_endpoint", values)

test_fails_with_the_default if {
	count(cdn_http.deny) == 1 with input as endpoint({})
}

test_fails_when_allowed if {
	count(cdn_http.deny) == 1 with input as endpoint({"is_http_allowed": true})
}

test_passes_when_refused if {
	count(cdn_http.deny) == 0 with input as endpoint({"is_http_allowed": false})
}
