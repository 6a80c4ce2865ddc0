package terrace.azure.container.app_https_test

import data.terrace.azure.container.app_https
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_container_app", values)

test_fails_when_it_does if {
	count(app_https.deny) == 1 with input as app({"ingress": [{"allow_insecure_connections": true}]})
}

test_passes_with_the_default if {
	count(app_https.deny) == 0 with input as app({"ingress": [{}]})
}

test_passes_without_an_ingress if {
	count(app_https.deny) == 0 with input as app({})
}
