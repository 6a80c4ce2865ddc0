package terrace.azure.container.app_identity_test

import data.terrace.azure.container.app_identity
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_container_app", values)

test_fails_without if {
	count(app_identity.deny) == 1 with input as app({})
}

test_passes_with if {
	count(app_identity.deny) == 0 with input as app({"identity": [{"type": "UserAssigned"}]})
}
