package terrace.azure.apps.error_logs_test

import data.terrace.azure.apps.error_logs
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_without if {
	count(error_logs.deny) == 1 with input as app({})
}

test_fails_when_switched_off if {
	count(error_logs.deny) == 1 with input as app({"logs": [{"detailed_error_messages": false}]})
}

test_passes_when_switched_on if {
	count(error_logs.deny) == 0 with input as app({"logs": [{"detailed_error_messages": true}]})
}

test_passes_when_switched_on_in_azurerm_2 if {
	count(error_logs.deny) == 0 with input as fixture.creates("azurerm_app_service", {"logs": [{"detailed_error_messages_enabled": true}]})
}
