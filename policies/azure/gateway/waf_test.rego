package terrace.azure.gateway.waf_test

import data.terrace.azure.gateway.waf
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_application_gateway", values)

test_fails_without if {
	count(waf.deny) == 1 with input as gateway({})
}

test_fails_when_switched_off if {
	count(waf.deny) == 1 with input as gateway({"waf_configuration": [{"enabled": false}]})
}

test_passes_with_a_policy if {
	count(waf.deny) == 0 with input as gateway({"firewall_policy_id": "/x"})
}

test_passes_with_a_policy_that_is_made_now if {
	count(waf.deny) == 0 with input as fixture.unknowns("azurerm_application_gateway", {}, {"firewall_policy_id": true})
}

test_passes_with_a_configuration if {
	count(waf.deny) == 0 with input as gateway({"waf_configuration": [{"enabled": true, "firewall_mode": "Prevention"}]})
}

following(enabled) := fixture.referring(
	fixture.plan([
		fixture.change("azurerm_application_gateway", "this", ["create"], null, {}, {"firewall_policy_id": true}),
		fixture.create("azurerm_web_application_firewall_policy", "this", {"policy_settings": [{"enabled": enabled}]}),
	]),
	"azurerm_application_gateway", "firewall_policy_id", "azurerm_web_application_firewall_policy.this",
)

test_fails_with_a_policy_that_is_off if {
	count(waf.deny) == 1 with input as following(false)
}

test_passes_with_a_policy_that_is_on if {
	count(waf.deny) == 0 with input as following(true)
}
