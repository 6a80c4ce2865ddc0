package terrace.azure.apps.http_logs_test

import data.terrace.azure.apps.http_logs
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_without if {
	count(http_logs.deny) == 1 with input as app({})
}

test_fails_with_an_empty_list if {
	count(http_logs.deny) == 1 with input as app({"logs": [{"http_logs": []}]})
}

test_passes_with if {
	count(http_logs.deny) == 0 with input as app({"logs": [{"http_logs": [{"file_system": [{"retention_in_days": 90, "retention_in_mb": 35}]}]}]})
}
