package terrace.azure.frontdoor.https_test

import data.terrace.azure.frontdoor.https
import data.terrace.lib.fixture

route(values) := fixture.creates("azurerm_cdn_frontdoor_route", values)

test_fails_without_a_redirect if {
	count(https.deny) == 1 with input as route({"https_redirect_enabled": false})
}

test_fails_with_plain_http_to_origins if {
	count(https.deny) == 1 with input as route({"forwarding_protocol": "HttpOnly"})
}

test_passes_with_the_default if {
	count(https.deny) == 0 with input as route({})
}

test_passes_with_https_alone if {
	count(https.deny) == 0 with input as route({"https_redirect_enabled": false, "supported_protocols": ["Https"], "forwarding_protocol": "HttpsOnly"})
}
