package terrace.azure.gateway.waf_prevention_test

import data.terrace.azure.gateway.waf_prevention
import data.terrace.lib.fixture

policy(values) := fixture.creates("azurerm_web_application_firewall_policy", values)

test_fails_when_it_detects if {
	count(waf_prevention.deny) == 1 with input as policy({"policy_settings": [{"mode": "Detection"}]})
}

test_passes_when_it_prevents if {
	count(waf_prevention.deny) == 0 with input as policy({"policy_settings": [{"mode": "Prevention"}]})
}

test_passes_with_the_default if {
	count(waf_prevention.deny) == 0 with input as policy({})
}
