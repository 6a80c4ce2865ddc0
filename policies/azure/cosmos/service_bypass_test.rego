package terrace.azure.cosmos.service_bypass_test

import data.terrace.azure.cosmos.service_bypass
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_passes_by_default if {
	count(service_bypass.deny) == 0 with input as making({})
}

test_fails_when_it_is_on if {
	count(service_bypass.deny) == 1 with input as making({"network_acl_bypass_for_azure_services": true})
}

test_passes_when_it_is_off if {
	count(service_bypass.deny) == 0 with input as making({"network_acl_bypass_for_azure_services": false})
}

test_fails_until_it_is_known if {
	count(service_bypass.deny) == 1 with input as fixture.unknowns("azurerm_cosmosdb_account", {}, {"network_acl_bypass_for_azure_services": true})
}
