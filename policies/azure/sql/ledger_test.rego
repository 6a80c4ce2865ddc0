package terrace.azure.sql.ledger_test

import data.terrace.azure.sql.ledger
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_database", values)

test_fails_by_default if {
	count(ledger.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(ledger.deny) == 1 with input as making({"ledger_enabled": false})
}

test_passes_when_it_is_on if {
	count(ledger.deny) == 0 with input as making({"ledger_enabled": true})
}

test_fails_until_it_is_known if {
	count(ledger.deny) == 1 with input as fixture.unknowns("azurerm_mssql_database", {}, {"ledger_enabled": true})
}
