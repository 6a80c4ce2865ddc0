package terrace.azure.defender.dns_test

import data.terrace.azure.defender.dns
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(dns.deny) == 1 with input as making({"resource_type": "Dns", "tier": "Free"})
}

test_passes_when_standard if {
	count(dns.deny) == 0 with input as making({"resource_type": "Dns", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(dns.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
