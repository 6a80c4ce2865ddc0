package terrace.azure.container.group_identity_test

import data.terrace.azure.container.group_identity
import data.terrace.lib.fixture

group(values) := fixture.creates("azurerm_container_group", values)

test_fails_without if {
	count(group_identity.deny) == 1 with input as group({})
}

test_fails_with_an_empty_type if {
	count(group_identity.deny) == 1 with input as group({"identity": [{"type": ""}]})
}

test_passes_with if {
	count(group_identity.deny) == 0 with input as group({"identity": [{"type": "SystemAssigned"}]})
}
