package terrace.azure.apps.identity_test

import data.terrace.azure.apps.identity
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_without if {
	count(identity.deny) == 1 with input as app({})
}

test_fails_with_an_empty_list if {
	count(identity.deny) == 1 with input as app({"identity": []})
}

test_passes_with if {
	count(identity.deny) == 0 with input as app({"identity": [{"type": "SystemAssigned"}]})
}

test_passes_for_a_function if {
	count(identity.deny) == 0 with input as fixture.creates("azurerm_linux_function_app", {"identity": [{"type": "UserAssigned"}]})
}
