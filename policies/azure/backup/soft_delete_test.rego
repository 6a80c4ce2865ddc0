package terrace.azure.backup.soft_delete_test

import data.terrace.azure.backup.soft_delete
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_recovery_services_vault", values)

test_passes_by_default if {
	count(soft_delete.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(soft_delete.deny) == 1 with input as making({"soft_delete_enabled": false})
}

test_passes_when_it_is_on if {
	count(soft_delete.deny) == 0 with input as making({"soft_delete_enabled": true})
}

test_fails_until_it_is_known if {
	count(soft_delete.deny) == 1 with input as fixture.unknowns("azurerm_recovery_services_vault", {}, {"soft_delete_enabled": true})
}
