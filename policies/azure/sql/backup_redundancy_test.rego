package terrace.azure.sql.backup_redundancy_test

import data.terrace.azure.sql.backup_redundancy
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_database", values)

test_fails_for_local_ones if {
	count(backup_redundancy.deny) == 1 with input as making({"storage_account_type": "Local"})
}

test_passes_by_default if {
	count(backup_redundancy.deny) == 0 with input as making({})
}

test_passes_for_zonal_ones if {
	count(backup_redundancy.deny) == 0 with input as making({"storage_account_type": "Zone"})
}

test_fails_for_a_managed_instance if {
	count(backup_redundancy.deny) == 1 with input as fixture.creates("azurerm_mssql_managed_instance", {"storage_account_type": "LRS"})
}
