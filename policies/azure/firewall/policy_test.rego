package terrace.azure.firewall.policy_test

import data.terrace.azure.firewall.policy
import data.terrace.lib.fixture

firewall(values) := fixture.creates("azurerm_firewall", values)

test_fails_without if {
	count(policy.deny) == 1 with input as firewall({})
}

test_fails_when_empty if {
	count(policy.deny) == 1 with input as firewall({"firewall_policy_id": ""})
}

test_passes_with if {
	count(policy.deny) == 0 with input as firewall({"firewall_policy_id": "/x"})
}

test_passes_with_one_that_is_made_now if {
	count(policy.deny) == 0 with input as fixture.unknowns("azurerm_firewall", {}, {"firewall_policy_id": true})
}
