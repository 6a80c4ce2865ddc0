package terrace.azure.frontdoor.waf_test

import data.terrace.azure.frontdoor.waf
import data.terrace.lib.fixture

door(values) := fixture.creates("azurerm_frontdoor", values)

test_fails_without if {
	count(waf.deny) == 1 with input as door({})
}

test_fails_with_an_endpoint_without if {
	count(waf.deny) == 1 with input as door({"frontend_endpoint": [{"web_application_firewall_policy_link_id": "/x"}, {"name": "b"}]})
}

test_fails_with_a_profile_without if {
	count(waf.deny) == 1 with input as fixture.creates("azurerm_cdn_frontdoor_profile", {})
}

test_passes_with_a_policy if {
	count(waf.deny) == 0 with input as door({"frontend_endpoint": [{"web_application_firewall_policy_link_id": "/x"}]})
}

test_passes_with_a_security_policy if {
	beside := fixture.plan([
		fixture.create("azurerm_cdn_frontdoor_profile", "this", {}),
		fixture.create("azurerm_cdn_frontdoor_security_policy", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_cdn_frontdoor_security_policy", "cdn_frontdoor_profile_id", "azurerm_cdn_frontdoor_profile.this")
	count(waf.deny) == 0 with input as document
}
