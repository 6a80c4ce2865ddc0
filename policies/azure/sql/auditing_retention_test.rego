package terrace.azure.sql.auditing_retention_test

import data.terrace.azure.sql.auditing_retention
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server_extended_auditing_policy", values)

test_fails_for_a_month if {
	count(auditing_retention.deny) == 1 with input as making({"retention_in_days": 30})
}

test_passes_for_90_days if {
	count(auditing_retention.deny) == 0 with input as making({"retention_in_days": 90})
}

test_passes_without_limit if {
	count(auditing_retention.deny) == 0 with input as making({"retention_in_days": 0})
}

test_fails_for_the_block_of_azurerm_2 if {
	count(auditing_retention.deny) == 1 with input as fixture.creates("azurerm_sql_server", {"extended_auditing_policy": [{"retention_in_days": 7}]})
}
