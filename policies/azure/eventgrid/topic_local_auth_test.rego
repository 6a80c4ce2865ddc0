package terrace.azure.eventgrid.topic_local_auth_test

import data.terrace.azure.eventgrid.topic_local_auth
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventgrid_topic", values)

test_fails_by_default if {
	count(topic_local_auth.deny) == 1 with input as making({})
}

test_fails_when_it_is_on if {
	count(topic_local_auth.deny) == 1 with input as making({"local_auth_enabled": true})
}

test_passes_when_it_is_off if {
	count(topic_local_auth.deny) == 0 with input as making({"local_auth_enabled": false})
}

test_fails_until_it_is_known if {
	count(topic_local_auth.deny) == 1 with input as fixture.unknowns("azurerm_eventgrid_topic", {}, {"local_auth_enabled": true})
}
