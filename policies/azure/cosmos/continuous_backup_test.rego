package terrace.azure.cosmos.continuous_backup_test

import data.terrace.azure.cosmos.continuous_backup
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_fails_by_default if {
	count(continuous_backup.deny) == 1 with input as making({})
}

test_fails_when_it_is_periodic if {
	count(continuous_backup.deny) == 1 with input as making({"backup": [{"type": "Periodic"}]})
}

test_passes_when_it_is_continuous if {
	count(continuous_backup.deny) == 0 with input as making({"backup": [{"type": "Continuous"}]})
}

test_fails_until_it_is_known if {
	count(continuous_backup.deny) == 1 with input as fixture.unknowns("azurerm_cosmosdb_account", {}, {"backup": [{"type": true}]})
}
