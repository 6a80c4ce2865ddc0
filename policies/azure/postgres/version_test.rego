package terrace.azure.postgres.version_test

import data.terrace.azure.postgres.version
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server", values)

test_fails_for_an_old_one if {
	count(version.deny) == 1 with input as making({"version": "12"})
}

test_passes_for_a_new_one if {
	count(version.deny) == 0 with input as making({"version": "17"})
}

test_passes_by_default if {
	count(version.deny) == 0 with input as making({})
}
