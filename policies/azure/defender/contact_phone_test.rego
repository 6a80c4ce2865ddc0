package terrace.azure.defender.contact_phone_test

import data.terrace.azure.defender.contact_phone
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_contact", values)

test_fails_without if {
	count(contact_phone.deny) == 1 with input as making({})
}

test_passes_with if {
	count(contact_phone.deny) == 0 with input as making({"phone": "+31-20-1234567"})
}

test_passes_with_what_is_made_now if {
	count(contact_phone.deny) == 0 with input as fixture.unknowns("azurerm_security_center_contact", {}, {"phone": true})
}
