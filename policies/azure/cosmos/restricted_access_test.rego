package terrace.azure.cosmos.restricted_access_test

import data.terrace.azure.cosmos.restricted_access
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_fails_by_default if {
	count(restricted_access.deny) == 1 with input as making({})
}

test_fails_with_a_filter_of_nothing if {
	count(restricted_access.deny) == 1 with input as making({"is_virtual_network_filter_enabled": true})
}

test_fails_with_rules_that_are_not_used if {
	count(restricted_access.deny) == 1 with input as making({"virtual_network_rule": [{"id": "/subnets/a"}]})
}

test_passes_when_closed if {
	count(restricted_access.deny) == 0 with input as making({"public_network_access_enabled": false})
}

test_passes_for_named_networks if {
	count(restricted_access.deny) == 0 with input as making({"is_virtual_network_filter_enabled": true, "virtual_network_rule": [{"id": "/subnets/a"}]})
}

test_passes_for_named_addresses if {
	count(restricted_access.deny) == 0 with input as making({"ip_range_filter": ["203.0.113.4"]})
}
