package terrace.azure.eventgrid.dead_letters_test

import data.terrace.azure.eventgrid.dead_letters
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventgrid_event_subscription", values)

test_fails_without if {
	count(dead_letters.deny) == 1 with input as making({})
}

test_passes_with if {
	count(dead_letters.deny) == 0 with input as making({"storage_blob_dead_letter_destination": [{"storage_account_id": "/a"}]})
}

test_passes_with_what_is_made_now if {
	count(dead_letters.deny) == 0 with input as fixture.unknowns("azurerm_eventgrid_event_subscription", {}, {"storage_blob_dead_letter_destination": true})
}
