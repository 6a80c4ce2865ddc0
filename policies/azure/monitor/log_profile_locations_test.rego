package terrace.azure.monitor.log_profile_locations_test

import data.terrace.azure.monitor.log_profile_locations
import data.terrace.lib.azure
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_log_profile", values)

test_fails_for_one if {
	count(log_profile_locations.deny) == 1 with input as making({"locations": ["westeurope"]})
}

test_fails_for_none if {
	count(log_profile_locations.deny) == 1 with input as making({})
}

test_passes_for_all if {
	count(log_profile_locations.deny) == 0 with input as making({"locations": array.concat(["global"], [region | some region in azure.zonal_regions])})
}
