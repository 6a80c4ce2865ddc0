package terrace.azure.acr.anonymous_pull_test

import data.terrace.azure.acr.anonymous_pull
import data.terrace.lib.fixture

registry(values) := fixture.creates("azurerm_container_registry", values)

test_fails_when_everyone_may if {
	count(anonymous_pull.deny) == 1 with input as registry({"sku": "Standard", "anonymous_pull_enabled": true})
}

test_passes_with_the_default if {
	count(anonymous_pull.deny) == 0 with input as registry({})
}

test_passes_when_nobody_may if {
	count(anonymous_pull.deny) == 0 with input as registry({"sku": "Premium", "anonymous_pull_enabled": false})
}

test_passes_of_a_kind_that_cannot if {
	count(anonymous_pull.deny) == 0 with input as registry({"sku": "Basic", "anonymous_pull_enabled": true})
}
