package terrace.azure.backup.redundancy_test

import data.terrace.azure.backup.redundancy
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_recovery_services_vault", values)

test_fails_for_local_ones if {
	count(redundancy.deny) == 1 with input as making({"storage_mode_type": "LocallyRedundant"})
}

test_passes_by_default if {
	count(redundancy.deny) == 0 with input as making({})
}

test_passes_for_geo_redundant_ones if {
	count(redundancy.deny) == 0 with input as making({"storage_mode_type": "GeoRedundant"})
}

test_fails_for_a_backup_vault if {
	count(redundancy.deny) == 1 with input as fixture.creates("azurerm_data_protection_backup_vault", {"redundancy": "LocallyRedundant"})
}
