package terrace.azure.cognitive.identity_test

import data.terrace.azure.cognitive.identity
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cognitive_account", values)

test_fails_without if {
	count(identity.deny) == 1 with input as making({})
}

test_passes_with if {
	count(identity.deny) == 0 with input as making({"identity": [{"type": "SystemAssigned"}]})
}

test_passes_with_what_is_made_now if {
	count(identity.deny) == 0 with input as fixture.unknowns("azurerm_cognitive_account", {}, {"identity": [{"type": true}]})
}
