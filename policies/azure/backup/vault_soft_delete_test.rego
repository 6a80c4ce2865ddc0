package terrace.azure.backup.vault_soft_delete_test

import data.terrace.azure.backup.vault_soft_delete
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_data_protection_backup_vault", values)

test_passes_by_default if {
	count(vault_soft_delete.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(vault_soft_delete.deny) == 1 with input as making({"soft_delete": "Off"})
}

test_passes_when_it_is_on if {
	count(vault_soft_delete.deny) == 0 with input as making({"soft_delete": "On"})
}

test_passes_when_it_is_alwayson if {
	count(vault_soft_delete.deny) == 0 with input as making({"soft_delete": "AlwaysOn"})
}

test_fails_until_it_is_known if {
	count(vault_soft_delete.deny) == 1 with input as fixture.unknowns("azurerm_data_protection_backup_vault", {}, {"soft_delete": true})
}
