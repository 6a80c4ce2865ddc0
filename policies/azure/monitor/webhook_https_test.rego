package terrace.azure.monitor.webhook_https_test

import data.terrace.azure.monitor.webhook_https
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_action_group", values)

test_fails_for_http if {
	count(webhook_https.deny) == 1 with input as making({"webhook_receiver": [{"service_uri": "http://example.com"}]})
}

test_passes_for_https if {
	count(webhook_https.deny) == 0 with input as making({"webhook_receiver": [{"service_uri": "https://example.com"}]})
}
