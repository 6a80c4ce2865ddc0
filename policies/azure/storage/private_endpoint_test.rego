package terrace.azure.storage.private_endpoint_test

import data.terrace.azure.storage.private_endpoint
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_without_one if {
	count(private_endpoint.deny) == 1 with input as account({})
}

test_passes_with_one if {
	beside := fixture.plan([
		fixture.create("azurerm_storage_account", "this", {}),
		fixture.create("azurerm_private_endpoint", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_private_endpoint", "private_service_connection", "azurerm_storage_account.this")
	count(private_endpoint.deny) == 0 with input as document
}
