package terrace.azure.servicebus.identity_test

import data.terrace.azure.servicebus.identity
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_servicebus_namespace", values)

test_fails_without if {
	count(identity.deny) == 1 with input as making({})
}

test_passes_with if {
	count(identity.deny) == 0 with input as making({"identity": [{"type": "SystemAssigned"}]})
}

test_passes_with_what_is_made_now if {
	count(identity.deny) == 0 with input as fixture.unknowns("azurerm_servicebus_namespace", {}, {"identity": [{"type": true}]})
}
