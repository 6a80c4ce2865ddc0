package terrace.azure.defender.sensitive_data_test

import data.terrace.azure.defender.sensitive_data
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_storage_defender", values)

test_fails_by_default if {
	count(sensitive_data.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(sensitive_data.deny) == 1 with input as making({"sensitive_data_discovery_enabled": false})
}

test_passes_when_it_is_on if {
	count(sensitive_data.deny) == 0 with input as making({"sensitive_data_discovery_enabled": true})
}

test_fails_until_it_is_known if {
	count(sensitive_data.deny) == 1 with input as fixture.unknowns("azurerm_security_center_storage_defender", {}, {"sensitive_data_discovery_enabled": true})
}
