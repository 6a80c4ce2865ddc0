package terrace.azure.identity.assignment_to_users_test

import data.terrace.azure.identity.assignment_to_users
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_role_assignment", values)

test_fails_for_a_user if {
	count(assignment_to_users.deny) == 1 with input as making({"principal_type": "User"})
}

test_passes_for_a_group if {
	count(assignment_to_users.deny) == 0 with input as making({"principal_type": "Group"})
}

test_passes_when_it_is_not_said if {
	count(assignment_to_users.deny) == 0 with input as making({})
}
