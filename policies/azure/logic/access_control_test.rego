package terrace.azure.logic.access_control_test

import data.terrace.azure.logic.access_control
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_logic_app_workflow", values)

test_fails_without if {
	count(access_control.deny) == 1 with input as making({})
}

test_passes_with if {
	count(access_control.deny) == 0 with input as making({"access_control": [{"trigger": [{"allowed_caller_ip_address_range": ["203.0.113.0/24"]}]}]})
}

test_passes_with_what_is_made_now if {
	count(access_control.deny) == 0 with input as fixture.unknowns("azurerm_logic_app_workflow", {}, {"access_control": [{"trigger": true}]})
}
