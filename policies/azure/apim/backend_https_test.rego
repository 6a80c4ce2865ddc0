package terrace.azure.apim.backend_https_test

import data.terrace.azure.apim.backend_https
import data.terrace.lib.fixture

backend(values) := fixture.creates("azurerm_api_management_backend", values)

test_fails_with_plain_http if {
	count(backend_https.deny) == 1 with input as backend({"url": "http://example.com"})
}

test_passes_with_https if {
	count(backend_https.deny) == 0 with input as backend({"url": "https://example.com"})
}

test_passes_when_unknown if {
	count(backend_https.deny) == 0 with input as fixture.unknowns("azurerm_api_management_backend", {}, {"url": true})
}
