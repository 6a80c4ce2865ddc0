package terrace.azure.storage.public_access_test

import data.terrace.azure.storage.public_access
import data.terrace.lib.fixture

endpoint := fixture.create("azurerm_private_endpoint", "this", {})

account(values) := fixture.create("azurerm_storage_account", "this", values)

with_endpoint(values) := fixture.referring(
	fixture.plan([account(values), endpoint]),
	"azurerm_private_endpoint", "private_service_connection", "azurerm_storage_account.this",
)

test_fails_open_beside_an_endpoint if {
	count(public_access.deny) == 1 with input as with_endpoint({"public_network_access_enabled": true})
}

test_fails_with_the_default if {
	count(public_access.deny) == 1 with input as with_endpoint({})
}

test_passes_when_closed if {
	count(public_access.deny) == 0 with input as with_endpoint({"public_network_access_enabled": false})
}

test_passes_without_an_endpoint if {
	count(public_access.deny) == 0 with input as fixture.plan([account({"public_network_access_enabled": true})])
}
