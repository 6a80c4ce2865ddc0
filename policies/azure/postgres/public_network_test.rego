package terrace.azure.postgres.public_network_test

import data.terrace.azure.postgres.public_network
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server", values)

test_fails_by_default if {
	count(public_network.deny) == 1 with input as making({})
}

test_fails_when_enabled if {
	count(public_network.deny) == 1 with input as making({"public_network_access_enabled": true})
}

test_fails_when_enabled_by_word if {
	count(public_network.deny) == 1 with input as making({"public_network_access": "Enabled"})
}

test_passes_when_disabled if {
	count(public_network.deny) == 0 with input as making({"public_network_access_enabled": false})
}

test_passes_when_disabled_by_word if {
	count(public_network.deny) == 0 with input as making({"public_network_access": "Disabled"})
}

test_passes_in_a_subnet if {
	count(public_network.deny) == 0 with input as making({"delegated_subnet_id": "/subnets/a"})
}
