package terrace.azure.servicebus.dead_letters_test

import data.terrace.azure.servicebus.dead_letters
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_servicebus_queue", values)

test_fails_by_default if {
	count(dead_letters.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(dead_letters.deny) == 1 with input as making({"dead_lettering_on_message_expiration": false})
}

test_passes_when_it_is_on if {
	count(dead_letters.deny) == 0 with input as making({"dead_lettering_on_message_expiration": true})
}

test_fails_until_it_is_known if {
	count(dead_letters.deny) == 1 with input as fixture.unknowns("azurerm_servicebus_queue", {}, {"dead_lettering_on_message_expiration": true})
}
