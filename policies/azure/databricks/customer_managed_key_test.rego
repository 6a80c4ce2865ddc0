package terrace.azure.databricks.customer_managed_key_test

import data.terrace.azure.databricks.customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_databricks_workspace", values)

test_fails_without if {
	count(customer_managed_key.deny) == 1 with input as making({})
}

test_passes_with if {
	count(customer_managed_key.deny) == 0 with input as making({"managed_services_cmk_key_vault_key_id": "https://v.vault.azure.net/keys/k"})
}

test_passes_with_another if {
	count(customer_managed_key.deny) == 0 with input as making({"managed_disk_cmk_key_vault_key_id": "https://v.vault.azure.net/keys/k"})
}

test_passes_with_what_is_made_now if {
	count(customer_managed_key.deny) == 0 with input as fixture.unknowns("azurerm_databricks_workspace", {}, {"managed_services_cmk_key_vault_key_id": true})
}
