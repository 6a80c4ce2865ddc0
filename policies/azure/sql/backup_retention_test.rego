package terrace.azure.sql.backup_retention_test

import data.terrace.azure.sql.backup_retention
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_database", values)

test_fails_for_a_day if {
	count(backup_retention.deny) == 1 with input as making({"short_term_retention_policy": [{"retention_days": 1}]})
}

test_passes_by_default if {
	count(backup_retention.deny) == 0 with input as making({})
}

test_passes_for_a_month if {
	count(backup_retention.deny) == 0 with input as making({"short_term_retention_policy": [{"retention_days": 35}]})
}
