package terrace.azure.eventgrid.identity_test

import data.terrace.azure.eventgrid.identity
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventgrid_topic", values)

test_fails_without if {
	count(identity.deny) == 1 with input as making({})
}

test_passes_with if {
	count(identity.deny) == 0 with input as making({"identity": [{"type": "SystemAssigned"}]})
}

test_passes_with_what_is_made_now if {
	count(identity.deny) == 0 with input as fixture.unknowns("azurerm_eventgrid_topic", {}, {"identity": [{"type": true}]})
}
