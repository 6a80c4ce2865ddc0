package terrace.azure.logic.https_only_test

import data.terrace.azure.logic.https_only
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_logic_app_standard", values)

test_fails_by_default if {
	count(https_only.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(https_only.deny) == 1 with input as making({"https_only": false})
}

test_passes_when_it_is_on if {
	count(https_only.deny) == 0 with input as making({"https_only": true})
}

test_fails_until_it_is_known if {
	count(https_only.deny) == 1 with input as fixture.unknowns("azurerm_logic_app_standard", {}, {"https_only": true})
}
