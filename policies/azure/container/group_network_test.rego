package terrace.azure.container.group_network_test

import data.terrace.azure.container.group_network
import data.terrace.lib.fixture

group(values) := fixture.creates("azurerm_container_group", values)

test_fails_without if {
	count(group_network.deny) == 1 with input as group({})
}

test_fails_with_an_empty_list if {
	count(group_network.deny) == 1 with input as group({"subnet_ids": []})
}

test_passes_with if {
	count(group_network.deny) == 0 with input as group({"subnet_ids": ["/x"]})
}

test_passes_with_one_that_is_made_now if {
	count(group_network.deny) == 0 with input as fixture.unknowns("azurerm_container_group", {}, {"subnet_ids": true})
}
