package terrace.azure.identity.assignable_scopes_test

import data.terrace.azure.identity.assignable_scopes
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_role_definition", values)

test_fails_at_the_root if {
	count(assignable_scopes.deny) == 1 with input as making({"assignable_scopes": ["/"]})
}

test_passes_in_a_subscription if {
	count(assignable_scopes.deny) == 0 with input as making({"assignable_scopes": ["/subscriptions/1"]})
}

test_passes_by_default if {
	count(assignable_scopes.deny) == 0 with input as making({})
}
