package terrace.azure.postgres.backup_retention_test

import data.terrace.azure.postgres.backup_retention
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server", values)

test_fails_for_a_day if {
	count(backup_retention.deny) == 1 with input as making({"backup_retention_days": 1})
}

test_passes_for_a_month if {
	count(backup_retention.deny) == 0 with input as making({"backup_retention_days": 35})
}

test_passes_by_default if {
	count(backup_retention.deny) == 0 with input as making({})
}
