package terrace.azure.apps.request_tracing_test

import data.terrace.azure.apps.request_tracing
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_without if {
	count(request_tracing.deny) == 1 with input as app({})
}

test_fails_when_switched_off if {
	count(request_tracing.deny) == 1 with input as app({"logs": [{"failed_request_tracing": false}]})
}

test_passes_when_switched_on if {
	count(request_tracing.deny) == 0 with input as app({"logs": [{"failed_request_tracing": true}]})
}

test_passes_when_switched_on_in_azurerm_2 if {
	count(request_tracing.deny) == 0 with input as fixture.creates("azurerm_app_service", {"logs": [{"failed_request_tracing_enabled": true}]})
}
