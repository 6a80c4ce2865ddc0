package terrace.azure.storage.network_default_test

import data.terrace.azure.storage.network_default
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_with_the_default if {
	count(network_default.deny) == 1 with input as account({})
}

test_fails_when_allowed if {
	count(network_default.deny) == 1 with input as account({"network_rules": [{"default_action": "Allow"}]})
}

test_fails_with_rules_that_allow if {
	count(network_default.deny) == 1 with input as fixture.creates("azurerm_storage_account_network_rules", {"default_action": "Allow"})
}

test_passes_when_denied if {
	count(network_default.deny) == 0 with input as account({"network_rules": [{"default_action": "Deny"}]})
}

test_passes_when_closed if {
	count(network_default.deny) == 0 with input as account({"public_network_access_enabled": false})
}

test_passes_with_rules_that_deny if {
	count(network_default.deny) == 0 with input as fixture.creates("azurerm_storage_account_network_rules", {"default_action": "Deny"})
}

test_passes_with_rules_beside_it if {
	beside := fixture.plan([
		fixture.create("azurerm_storage_account", "this", {}),
		fixture.create("azurerm_storage_account_network_rules", "this", {"default_action": "Deny"}),
	])
	document := fixture.referring(beside, "azurerm_storage_account_network_rules", "storage_account_id", "azurerm_storage_account.this")
	count(network_default.deny) == 0 with input as document
}
