package terrace.azure.frontdoor.waf_enabled_test

import data.terrace.azure.frontdoor.waf_enabled
import data.terrace.lib.fixture

policy(values) := fixture.creates("azurerm_cdn_frontdoor_firewall_policy", values)

test_fails_when_switched_off if {
	count(waf_enabled.deny) == 1 with input as policy({"enabled": false})
}

test_fails_when_its_settings_say_so if {
	count(waf_enabled.deny) == 1 with input as policy({"policy_settings": [{"enabled": false}]})
}

test_passes_when_switched_on if {
	count(waf_enabled.deny) == 0 with input as policy({"enabled": true})
}

test_passes_with_the_default if {
	count(waf_enabled.deny) == 0 with input as policy({})
}
