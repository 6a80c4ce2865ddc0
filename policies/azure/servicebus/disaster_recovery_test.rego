package terrace.azure.servicebus.disaster_recovery_test

import data.terrace.azure.servicebus.disaster_recovery
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_servicebus_namespace", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_servicebus_namespace", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_servicebus_namespace.this",
)

test_fails_without if {
	count(disaster_recovery.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(disaster_recovery.deny) == 0 with input as both("azurerm_servicebus_namespace_disaster_recovery_config", "primary_namespace_id")
}
