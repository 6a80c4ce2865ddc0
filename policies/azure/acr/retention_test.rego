package terrace.azure.acr.retention_test

import data.terrace.azure.acr.retention
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_with_the_default if {
	count(retention.deny) == 1 with input as registry({})
}

test_fails_when_switched_off_in_azurerm_3 if {
	count(retention.deny) == 1 with input as registry({"retention_policy": [{"enabled": false}]})
}

test_passes_with_days if {
	count(retention.deny) == 0 with input as registry({"retention_policy_in_days": 7})
}

test_passes_when_switched_on_in_azurerm_3 if {
	count(retention.deny) == 0 with input as registry({"retention_policy": [{"enabled": true}]})
}
