package terrace.azure.defender.standard_tier_test

import data.terrace.azure.defender.standard_tier
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_by_default if {
	count(standard_tier.deny) == 1 with input as making({})
}

test_fails_when_it_is_free if {
	count(standard_tier.deny) == 1 with input as making({"tier": "Free"})
}

test_passes_when_it_is_standard if {
	count(standard_tier.deny) == 0 with input as making({"tier": "Standard"})
}

test_fails_until_it_is_known if {
	count(standard_tier.deny) == 1 with input as fixture.unknowns("azurerm_security_center_subscription_pricing", {}, {"tier": true})
}
