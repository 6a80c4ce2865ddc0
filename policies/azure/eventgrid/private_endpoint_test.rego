package terrace.azure.eventgrid.private_endpoint_test

import data.terrace.azure.eventgrid.private_endpoint
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventgrid_topic", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_eventgrid_topic", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_eventgrid_topic.this",
)

test_fails_without if {
	count(private_endpoint.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(private_endpoint.deny) == 0 with input as both("azurerm_private_endpoint", "private_service_connection")
}
