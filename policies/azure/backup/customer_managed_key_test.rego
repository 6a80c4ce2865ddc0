package terrace.azure.backup.customer_managed_key_test

import data.terrace.azure.backup.customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_recovery_services_vault", values)

test_fails_without if {
	count(customer_managed_key.deny) == 1 with input as making({})
}

test_passes_with if {
	count(customer_managed_key.deny) == 0 with input as making({"encryption": [{"key_id": "https://v.vault.azure.net/keys/k"}]})
}

test_fails_for_a_backup_vault if {
	count(customer_managed_key.deny) == 1 with input as fixture.creates("azurerm_data_protection_backup_vault", {})
}
