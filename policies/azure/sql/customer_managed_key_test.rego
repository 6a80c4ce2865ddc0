package terrace.azure.sql.customer_managed_key_test

import data.terrace.azure.sql.customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server", values)

beside(encryption) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_mssql_server", "this", {}),
		fixture.create("azurerm_mssql_server_transparent_data_encryption", "this", encryption),
	]),
	"azurerm_mssql_server_transparent_data_encryption", "server_id", "azurerm_mssql_server.this",
)

test_fails_without if {
	count(customer_managed_key.deny) == 1 with input as making({})
}

test_passes_with if {
	count(customer_managed_key.deny) == 0 with input as making({"transparent_data_encryption_key_vault_key_id": "https://v.vault.azure.net/keys/k"})
}

test_passes_beside_a_key if {
	count(customer_managed_key.deny) == 0 with input as beside({"key_vault_key_id": "https://v.vault.azure.net/keys/k"})
}

test_passes_beside_a_key_that_is_made_now if {
	count(customer_managed_key.deny) == 0 with input as fixture.unknowns("azurerm_mssql_server", {}, {"transparent_data_encryption_key_vault_key_id": true})
}

test_fails_beside_a_key_of_azure if {
	count(customer_managed_key.deny) == 1 with input as beside({})
}
