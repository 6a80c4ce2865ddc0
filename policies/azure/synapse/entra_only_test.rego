package terrace.azure.synapse.entra_only_test

import data.terrace.azure.synapse.entra_only
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_synapse_workspace", values)

test_fails_by_default if {
	count(entra_only.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(entra_only.deny) == 1 with input as making({"azuread_authentication_only": false})
}

test_passes_when_it_is_on if {
	count(entra_only.deny) == 0 with input as making({"azuread_authentication_only": true})
}

test_fails_until_it_is_known if {
	count(entra_only.deny) == 1 with input as fixture.unknowns("azurerm_synapse_workspace", {}, {"azuread_authentication_only": true})
}
