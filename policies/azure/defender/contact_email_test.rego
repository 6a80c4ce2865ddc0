package terrace.azure.defender.contact_email_test

import data.terrace.azure.defender.contact_email
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_contact", values)

test_fails_without if {
	count(contact_email.deny) == 1 with input as making({})
}

test_passes_with if {
	count(contact_email.deny) == 0 with input as making({"email": "a@example.com"})
}

test_passes_with_what_is_made_now if {
	count(contact_email.deny) == 0 with input as fixture.unknowns("azurerm_security_center_contact", {}, {"email": true})
}
