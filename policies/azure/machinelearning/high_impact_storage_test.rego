package terrace.azure.machinelearning.high_impact_storage_test

import data.terrace.azure.machinelearning.high_impact_storage
import data.terrace.lib.fixture

beside(account, impact) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_storage_account", "this", account),
		fixture.create("azurerm_machine_learning_workspace", "this", {"high_business_impact": impact}),
	]),
	"azurerm_machine_learning_workspace", "storage_account_id", "azurerm_storage_account.this",
)

test_fails_for_an_open_account if {
	count(high_impact_storage.deny) == 1 with input as beside({}, true)
}

test_passes_for_a_closed_account if {
	count(high_impact_storage.deny) == 0 with input as beside({"public_network_access_enabled": false}, true)
}

test_passes_for_other_workspaces if {
	count(high_impact_storage.deny) == 0 with input as beside({}, false)
}
