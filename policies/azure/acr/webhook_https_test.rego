package terrace.azure.acr.webhook_https_test

import data.terrace.azure.acr.webhook_https
import data.terrace.lib.fixture

webhook(values) := fixture.creates("azurerm_container_registry_webhook", values)

test_fails_with_plain_http if {
	count(webhook_https.deny) == 1 with input as webhook({"service_uri": "http://example.com"})
}

test_passes_with_https if {
	count(webhook_https.deny) == 0 with input as webhook({"service_uri": "https://example.com"})
}

test_passes_when_unknown if {
	count(webhook_https.deny) == 0 with input as fixture.unknowns("azurerm_container_registry_webhook", {}, {"service_uri": true})
}
