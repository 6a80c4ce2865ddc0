package terrace.azure.firewall.threat_intelligence_test

import data.terrace.azure.firewall.threat_intelligence
import data.terrace.lib.fixture

firewall(values) := fixture.creates("azurerm_firewall", values)

test_fails_with_the_default if {
	count(threat_intelligence.deny) == 1 with input as firewall({})
}

test_fails_when_it_alerts if {
	count(threat_intelligence.deny) == 1 with input as firewall({"threat_intel_mode": "Alert"})
}

test_fails_with_a_policy_that_alerts if {
	count(threat_intelligence.deny) == 1 with input as fixture.creates("azurerm_firewall_policy", {"threat_intelligence_mode": "Alert"})
}

test_passes_when_it_denies if {
	count(threat_intelligence.deny) == 0 with input as firewall({"threat_intel_mode": "Deny"})
}

test_passes_when_a_policy_says_so if {
	count(threat_intelligence.deny) == 0 with input as firewall({"firewall_policy_id": "/x"})
}

test_passes_with_a_policy_that_denies if {
	count(threat_intelligence.deny) == 0 with input as fixture.creates("azurerm_firewall_policy", {"threat_intelligence_mode": "Deny"})
}
