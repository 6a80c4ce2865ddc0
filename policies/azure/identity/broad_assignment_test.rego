package terrace.azure.identity.broad_assignment_test

import data.terrace.azure.identity.broad_assignment
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_role_assignment", values)

test_fails_for_an_owner_of_a_subscription if {
	count(broad_assignment.deny) == 1 with input as making({"scope": "/subscriptions/1", "role_definition_name": "Owner"})
}

test_fails_by_the_id_of_the_role if {
	count(broad_assignment.deny) == 1 with input as making({"scope": "/providers/Microsoft.Management/managementGroups/a", "role_definition_id": "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"})
}

test_passes_for_a_resource_group if {
	count(broad_assignment.deny) == 0 with input as making({"scope": "/subscriptions/1/resourceGroups/a", "role_definition_name": "Contributor"})
}

test_passes_for_a_reader if {
	count(broad_assignment.deny) == 0 with input as making({"scope": "/subscriptions/1", "role_definition_name": "Reader"})
}

test_passes_under_a_condition if {
	count(broad_assignment.deny) == 0 with input as making({"scope": "/subscriptions/1", "role_definition_name": "Role Based Access Control Administrator", "condition": "@x"})
}
