package terrace.azure.storage.trusted_services_test

import data.terrace.azure.storage.trusted_services
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_when_locked_out if {
	count(trusted_services.deny) == 1 with input as account({"network_rules": [{"default_action": "Deny", "bypass": ["Metrics"]}]})
}

test_fails_with_none if {
	count(trusted_services.deny) == 1 with input as fixture.creates("azurerm_storage_account_network_rules", {"default_action": "Deny", "bypass": ["None"]})
}

test_passes_when_let_in if {
	count(trusted_services.deny) == 0 with input as account({"network_rules": [{"default_action": "Deny", "bypass": ["Metrics", "AzureServices"]}]})
}

test_passes_when_open if {
	count(trusted_services.deny) == 0 with input as account({})
}

test_passes_when_azure_decides if {
	count(trusted_services.deny) == 0 with input as fixture.unknowns("azurerm_storage_account", {"network_rules": [{"default_action": "Deny"}]}, {"network_rules": [{"bypass": true}]})
}
