package terrace.azure.identity.redirect_https_test

import data.terrace.azure.identity.redirect_https
import data.terrace.lib.fixture

making(values) := fixture.creates("azuread_application", values)

test_fails_for_http if {
	count(redirect_https.deny) == 1 with input as making({"web": [{"redirect_uris": ["http://example.com/"]}]})
}

test_passes_for_https if {
	count(redirect_https.deny) == 0 with input as making({"web": [{"redirect_uris": ["https://example.com/"]}]})
}

test_passes_for_localhost if {
	count(redirect_https.deny) == 0 with input as making({"web": [{"redirect_uris": ["http://localhost:8080/"]}]})
}
