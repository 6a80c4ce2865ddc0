package terrace.azure.monitor.log_profile_categories_test

import data.terrace.azure.monitor.log_profile_categories
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_log_profile", values)

test_fails_for_some if {
	count(log_profile_categories.deny) == 1 with input as making({"categories": ["Write"]})
}

test_fails_for_none if {
	count(log_profile_categories.deny) == 1 with input as making({})
}

test_passes_for_all if {
	count(log_profile_categories.deny) == 0 with input as making({"categories": ["Action", "Delete", "Write"]})
}
