package terrace.azure.keyvault.firewall_test

import data.terrace.azure.keyvault.firewall
import data.terrace.lib.fixture

vault(values) := fixture.creates("azurerm_key_vault", values)

test_fails_without_rules if {
	count(firewall.deny) == 1 with input as vault({})
}

test_fails_when_allowed if {
	count(firewall.deny) == 1 with input as vault({"network_acls": [{"default_action": "Allow"}]})
}

test_fails_when_unknown if {
	count(firewall.deny) == 1 with input as fixture.unknowns("azurerm_key_vault", {}, {"network_acls": [{"default_action": true}]})
}

test_passes_when_denied if {
	count(firewall.deny) == 0 with input as vault({"network_acls": [{"default_action": "Deny"}]})
}

test_passes_when_closed if {
	count(firewall.deny) == 0 with input as vault({"public_network_access_enabled": false})
}
