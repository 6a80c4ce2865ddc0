package terrace.azure.identity.role_wildcards_test

import data.terrace.azure.identity.role_wildcards
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_role_definition", values)

test_fails_for_a_provider if {
	count(role_wildcards.deny) == 1 with input as making({"permissions": [{"actions": ["Microsoft.Storage/*"]}]})
}

test_fails_for_all_data if {
	count(role_wildcards.deny) == 1 with input as making({"permissions": [{"data_actions": ["*"]}]})
}

test_passes_for_reading if {
	count(role_wildcards.deny) == 0 with input as making({"permissions": [{"actions": ["*/read"]}]})
}
