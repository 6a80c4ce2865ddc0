package terrace.azure.defender.contact_alerts_test

import data.terrace.azure.defender.contact_alerts
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_contact", values)

test_fails_by_default if {
	count(contact_alerts.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(contact_alerts.deny) == 1 with input as making({"alert_notifications": false})
}

test_passes_when_it_is_on if {
	count(contact_alerts.deny) == 0 with input as making({"alert_notifications": true})
}

test_fails_until_it_is_known if {
	count(contact_alerts.deny) == 1 with input as fixture.unknowns("azurerm_security_center_contact", {}, {"alert_notifications": true})
}
