package terrace.azure.databricks.network_test

import data.terrace.azure.databricks.network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_databricks_workspace", values)

test_fails_without if {
	count(network.deny) == 1 with input as making({})
}

test_passes_with if {
	count(network.deny) == 0 with input as making({"custom_parameters": [{"virtual_network_id": "/vnets/a"}]})
}

test_passes_with_what_is_made_now if {
	count(network.deny) == 0 with input as fixture.unknowns("azurerm_databricks_workspace", {}, {"custom_parameters": [{"virtual_network_id": true}]})
}
