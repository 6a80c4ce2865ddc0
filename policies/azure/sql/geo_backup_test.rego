package terrace.azure.sql.geo_backup_test

import data.terrace.azure.sql.geo_backup
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_database", values)

test_passes_by_default if {
	count(geo_backup.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(geo_backup.deny) == 1 with input as making({"geo_backup_enabled": false})
}

test_passes_when_it_is_on if {
	count(geo_backup.deny) == 0 with input as making({"geo_backup_enabled": true})
}

test_fails_by_an_older_name if {
	count(geo_backup.deny) == 1 with input as making({"geo_backup_policy_enabled": false})
}

test_passes_by_an_older_name if {
	count(geo_backup.deny) == 0 with input as making({"geo_backup_policy_enabled": true})
}

test_fails_until_it_is_known if {
	count(geo_backup.deny) == 1 with input as fixture.unknowns("azurerm_mssql_database", {}, {"geo_backup_enabled": true})
}
