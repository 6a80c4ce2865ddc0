package terrace.azure.mysql.version_test

import data.terrace.azure.mysql.version
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_flexible_server", values)

test_fails_for_an_old_one if {
	count(version.deny) == 1 with input as making({"version": "5.7"})
}

test_passes_for_a_new_one if {
	count(version.deny) == 0 with input as making({"version": "8.4"})
}

test_passes_by_default if {
	count(version.deny) == 0 with input as making({})
}
