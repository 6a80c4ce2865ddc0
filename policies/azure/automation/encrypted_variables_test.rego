package terrace.azure.automation.encrypted_variables_test

import data.terrace.azure.automation.encrypted_variables
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_automation_variable_string", values)

test_fails_by_default if {
	count(encrypted_variables.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(encrypted_variables.deny) == 1 with input as making({"encrypted": false})
}

test_passes_when_it_is_on if {
	count(encrypted_variables.deny) == 0 with input as making({"encrypted": true})
}

test_fails_until_it_is_known if {
	count(encrypted_variables.deny) == 1 with input as fixture.unknowns("azurerm_automation_variable_string", {}, {"encrypted": true})
}
