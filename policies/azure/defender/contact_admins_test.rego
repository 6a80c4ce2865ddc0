package terrace.azure.defender.contact_admins_test

import data.terrace.azure.defender.contact_admins
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_contact", values)

test_fails_by_default if {
	count(contact_admins.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(contact_admins.deny) == 1 with input as making({"alerts_to_admins": false})
}

test_passes_when_it_is_on if {
	count(contact_admins.deny) == 0 with input as making({"alerts_to_admins": true})
}

test_fails_until_it_is_known if {
	count(contact_admins.deny) == 1 with input as fixture.unknowns("azurerm_security_center_contact", {}, {"alerts_to_admins": true})
}
