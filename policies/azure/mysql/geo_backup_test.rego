package terrace.azure.mysql.geo_backup_test

import data.terrace.azure.mysql.geo_backup
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_flexible_server", values)

test_fails_by_default if {
	count(geo_backup.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(geo_backup.deny) == 1 with input as making({"geo_redundant_backup_enabled": false})
}

test_passes_when_it_is_on if {
	count(geo_backup.deny) == 0 with input as making({"geo_redundant_backup_enabled": true})
}

test_passes_what_it_is_not_for if {
	count(geo_backup.deny) == 0 with input as making({"create_mode": "Replica"})
}

test_fails_until_it_is_known if {
	count(geo_backup.deny) == 1 with input as fixture.unknowns("azurerm_mysql_flexible_server", {}, {"geo_redundant_backup_enabled": true})
}
