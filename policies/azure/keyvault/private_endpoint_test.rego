package terrace.azure.keyvault.private_endpoint_test

import data.terrace.azure.keyvault.private_endpoint
import data.terrace.lib.fixture

vault(values) := fixture.creates("azurerm_key_vault", values)

test_fails_without_one if {
	count(private_endpoint.deny) == 1 with input as vault({})
}

test_passes_with_one if {
	beside := fixture.plan([
		fixture.create("azurerm_key_vault", "this", {}),
		fixture.create("azurerm_private_endpoint", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_private_endpoint", "private_service_connection", "azurerm_key_vault.this")
	count(private_endpoint.deny) == 0 with input as document
}
