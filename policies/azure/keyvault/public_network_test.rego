package terrace.azure.keyvault.public_network_test

import data.terrace.azure.keyvault.public_network
import data.terrace.lib.fixture

vault(values) := fixture.creates("azurerm_key_vault", values)

test_fails_with_the_default if {
	count(public_network.deny) == 1 with input as vault({})
}

test_fails_when_open if {
	count(public_network.deny) == 1 with input as vault({"public_network_access_enabled": true})
}

test_fails_when_all_are_allowed if {
	count(public_network.deny) == 1 with input as vault({"network_acls": [{"default_action": "Allow", "ip_rules": ["192.0.2.1/32"]}]})
}

test_fails_without_names if {
	count(public_network.deny) == 1 with input as vault({"network_acls": [{"default_action": "Deny", "ip_rules": []}]})
}

test_passes_when_closed if {
	count(public_network.deny) == 0 with input as vault({"public_network_access_enabled": false})
}

test_passes_with_addresses if {
	count(public_network.deny) == 0 with input as vault({"network_acls": [{"default_action": "Deny", "ip_rules": ["192.0.2.1/32"]}]})
}

test_passes_with_a_subnet_that_is_unknown if {
	count(public_network.deny) == 0 with input as fixture.unknowns("azurerm_key_vault", {"network_acls": [{"default_action": "Deny"}]}, {"network_acls": [{"virtual_network_subnet_ids": true}]})
}
