package terrace.azure.monitor.internet_query_test

import data.terrace.azure.monitor.internet_query
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_log_analytics_workspace", values)

test_fails_by_default if {
	count(internet_query.deny) == 1 with input as making({})
}

test_fails_when_on if {
	count(internet_query.deny) == 1 with input as making({"internet_query_access_type": "Enabled"})
}

test_fails_when_on_in_azurerm_4 if {
	count(internet_query.deny) == 1 with input as making({"internet_query_enabled": true})
}

test_passes_when_off if {
	count(internet_query.deny) == 0 with input as making({"internet_query_access_type": "Disabled"})
}

test_passes_when_off_in_azurerm_4 if {
	count(internet_query.deny) == 0 with input as making({"internet_query_enabled": false})
}
