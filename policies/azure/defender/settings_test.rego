package terrace.azure.defender.settings_test

import data.terrace.azure.defender.settings
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_setting", values)

test_fails_by_default if {
	count(settings.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(settings.deny) == 1 with input as making({"enabled": false})
}

test_passes_when_it_is_on if {
	count(settings.deny) == 0 with input as making({"enabled": true})
}

test_fails_until_it_is_known if {
	count(settings.deny) == 1 with input as fixture.unknowns("azurerm_security_center_setting", {}, {"enabled": true})
}
