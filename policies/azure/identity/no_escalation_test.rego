package terrace.azure.identity.no_escalation_test

import data.terrace.azure.identity.no_escalation
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_role_definition", values)

test_fails_for_writing_roles if {
	count(no_escalation.deny) == 1 with input as making({"permissions": [{"actions": ["Microsoft.Authorization/roleDefinitions/write"]}]})
}

test_passes_for_reading_them if {
	count(no_escalation.deny) == 0 with input as making({"permissions": [{"actions": ["Microsoft.Authorization/roleDefinitions/read"]}]})
}
