package terrace.azure.defender.open_source_databases_test

import data.terrace.azure.defender.open_source_databases
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(open_source_databases.deny) == 1 with input as making({"resource_type": "OpenSourceRelationalDatabases", "tier": "Free"})
}

test_passes_when_standard if {
	count(open_source_databases.deny) == 0 with input as making({"resource_type": "OpenSourceRelationalDatabases", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(open_source_databases.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
