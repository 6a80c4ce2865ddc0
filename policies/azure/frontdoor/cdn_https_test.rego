package terrace.azure.frontdoor.cdn_https_test

import data.terrace.azure.frontdoor.cdn_https
import data.terrace.lib.fixture

endpoint(values) := fixture.creates("azurerm_cdn_endpoint", values)

test_fails_when_refused if {
	count(cdn_https.deny) == 1 with input as endpoint({"is_https_allowed": false})
}

test_passes_with_the_default if {
	count(cdn_https.deny) == 0 with input as endpoint({})
}

test_passes_when_allowed if {
	count(cdn_https.deny) == 0 with input as endpoint({"is_https_allowed": true})
}
