package terrace.azure.backup.cross_region_restore_test

import data.terrace.azure.backup.cross_region_restore
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_recovery_services_vault", values)

test_fails_by_default if {
	count(cross_region_restore.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(cross_region_restore.deny) == 1 with input as making({"cross_region_restore_enabled": false})
}

test_passes_when_it_is_on if {
	count(cross_region_restore.deny) == 0 with input as making({"cross_region_restore_enabled": true})
}

test_fails_until_it_is_known if {
	count(cross_region_restore.deny) == 1 with input as fixture.unknowns("azurerm_recovery_services_vault", {}, {"cross_region_restore_enabled": true})
}
