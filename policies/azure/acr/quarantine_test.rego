package terrace.azure.acr.quarantine_test

import data.terrace.azure.acr.quarantine
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_with_the_default if {
	count(quarantine.deny) == 1 with input as registry({})
}

test_fails_when_switched_off if {
	count(quarantine.deny) == 1 with input as registry({"quarantine_policy_enabled": false})
}

test_passes_when_switched_on if {
	count(quarantine.deny) == 0 with input as registry({"quarantine_policy_enabled": true})
}
