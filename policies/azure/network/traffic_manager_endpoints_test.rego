package terrace.azure.network.traffic_manager_endpoints_test

import data.terrace.azure.network.traffic_manager_endpoints
import data.terrace.lib.fixture

profile(values) := fixture.creates("azurerm_traffic_manager_profile", values)

test_fails_without if {
	count(traffic_manager_endpoints.deny) == 1 with input as profile({})
}

test_passes_with_two if {
	beside := fixture.plan([
		fixture.create("azurerm_traffic_manager_profile", "this", {}),
		fixture.create("azurerm_traffic_manager_azure_endpoint", "this", {}),
		fixture.create("azurerm_traffic_manager_azure_endpoint", "other", {"profile_id": "azurerm_traffic_manager_profile.this"}),
	])
	document := fixture.referring(beside, "azurerm_traffic_manager_azure_endpoint", "profile_id", "azurerm_traffic_manager_profile.this")
	count(traffic_manager_endpoints.deny) == 0 with input as document
}
