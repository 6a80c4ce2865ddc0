package terrace.azure.defender.auto_provisioning_test

import data.terrace.azure.defender.auto_provisioning
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_auto_provisioning", values)

test_fails_by_default if {
	count(auto_provisioning.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(auto_provisioning.deny) == 1 with input as making({"auto_provision": "Off"})
}

test_passes_when_it_is_on if {
	count(auto_provisioning.deny) == 0 with input as making({"auto_provision": "On"})
}

test_fails_until_it_is_known if {
	count(auto_provisioning.deny) == 1 with input as fixture.unknowns("azurerm_security_center_auto_provisioning", {}, {"auto_provision": true})
}
