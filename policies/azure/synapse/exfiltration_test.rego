package terrace.azure.synapse.exfiltration_test

import data.terrace.azure.synapse.exfiltration
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_synapse_workspace", values)

test_fails_by_default if {
	count(exfiltration.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(exfiltration.deny) == 1 with input as making({"data_exfiltration_protection_enabled": false})
}

test_passes_when_it_is_on if {
	count(exfiltration.deny) == 0 with input as making({"data_exfiltration_protection_enabled": true})
}

test_fails_until_it_is_known if {
	count(exfiltration.deny) == 1 with input as fixture.unknowns("azurerm_synapse_workspace", {}, {"data_exfiltration_protection_enabled": true})
}
