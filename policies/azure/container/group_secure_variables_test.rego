package terrace.azure.container.group_secure_variables_test

import data.terrace.azure.container.group_secure_variables
import data.terrace.lib.fixture

group(values) := fixture.creates("azurerm_container_group", values)

test_fails_with_plain_variables if {
	count(group_secure_variables.deny) == 1 with input as group({"container": [{"environment_variables": {"A": "b"}}]})
}

test_fails_with_plain_variables_before_the_start if {
	count(group_secure_variables.deny) == 1 with input as group({"init_container": [{"environment_variables": {"A": "b"}}]})
}

test_passes_with_secure_variables if {
	count(group_secure_variables.deny) == 0 with input as group({"container": [{"secure_environment_variables": {"A": "b"}}]})
}

test_passes_without if {
	count(group_secure_variables.deny) == 0 with input as group({"container": [{"name": "a", "environment_variables": {}}]})
}
