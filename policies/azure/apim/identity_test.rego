package terrace.azure.apim.identity_test

import data.terrace.azure.apim.identity
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_without if {
	count(identity.deny) == 1 with input as gateway({})
}

test_passes_with if {
	count(identity.deny) == 0 with input as gateway({"identity": [{"type": "SystemAssigned"}]})
}
