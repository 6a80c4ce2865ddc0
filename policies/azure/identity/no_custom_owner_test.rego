package terrace.azure.identity.no_custom_owner_test

import data.terrace.azure.identity.no_custom_owner
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_role_definition", values)

test_fails_for_everything if {
	count(no_custom_owner.deny) == 1 with input as making({"permissions": [{"actions": ["*"]}]})
}

test_passes_for_named_actions if {
	count(no_custom_owner.deny) == 0 with input as making({"permissions": [{"actions": ["Microsoft.Resources/subscriptions/resourceGroups/read"]}]})
}

test_passes_without_actions if {
	count(no_custom_owner.deny) == 0 with input as making({"permissions": [{"data_actions": ["*"]}]})
}
