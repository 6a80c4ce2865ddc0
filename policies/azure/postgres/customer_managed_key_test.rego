package terrace.azure.postgres.customer_managed_key_test

import data.terrace.azure.postgres.customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_postgresql_flexible_server", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_postgresql_flexible_server.this",
)

test_fails_without if {
	count(customer_managed_key.deny) == 1 with input as making({})
}

test_passes_with_customer_managed_key if {
	count(customer_managed_key.deny) == 0 with input as making({"customer_managed_key": [{"key_vault_key_id": "https://v.vault.azure.net/keys/k"}]})
}

test_passes_beside_one if {
	count(customer_managed_key.deny) == 0 with input as both("azurerm_postgresql_server_key", "server_id")
}
