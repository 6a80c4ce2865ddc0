package terrace.azure.loadbalancer.outbound_rule_test

import data.terrace.azure.loadbalancer.outbound_rule
import data.terrace.lib.fixture

rule(values) := fixture.creates("azurerm_lb_outbound_rule", values)

test_fails_for_every_rule if {
	count(outbound_rule.deny) == 1 with input as rule({})
}

test_passes_with_a_nat_gateway if {
	count(outbound_rule.deny) == 0 with input as fixture.creates("azurerm_nat_gateway", {})
}
