package terrace.azure.eventgrid.webhook_https_test

import data.terrace.azure.eventgrid.webhook_https
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventgrid_event_subscription", values)

test_fails_for_http if {
	count(webhook_https.deny) == 1 with input as making({"webhook_endpoint": [{"url": "http://example.com"}]})
}

test_passes_for_https if {
	count(webhook_https.deny) == 0 with input as making({"webhook_endpoint": [{"url": "https://example.com"}]})
}

test_passes_without if {
	count(webhook_https.deny) == 0 with input as making({})
}
