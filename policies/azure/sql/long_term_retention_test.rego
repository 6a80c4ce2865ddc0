package terrace.azure.sql.long_term_retention_test

import data.terrace.azure.sql.long_term_retention
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_database", values)

test_fails_without if {
	count(long_term_retention.deny) == 1 with input as making({})
}

test_passes_with if {
	count(long_term_retention.deny) == 0 with input as making({"long_term_retention_policy": [{"weekly_retention": "P4W"}]})
}

test_passes_with_what_is_made_now if {
	count(long_term_retention.deny) == 0 with input as fixture.unknowns("azurerm_mssql_database", {}, {"long_term_retention_policy": true})
}
