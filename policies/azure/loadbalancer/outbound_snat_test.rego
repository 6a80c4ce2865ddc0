package terrace.azure.loadbalancer.outbound_snat_test

import data.terrace.azure.loadbalancer.outbound_snat
import data.terrace.lib.fixture

rule(values) := fixture.creates("azurerm_lb_rule", values)

test_fails_with_the_default if {
	count(outbound_snat.deny) == 1 with input as rule({})
}

test_fails_when_open if {
	count(outbound_snat.deny) == 1 with input as rule({"disable_outbound_snat": false})
}

test_passes_when_closed if {
	count(outbound_snat.deny) == 0 with input as rule({"disable_outbound_snat": true})
}
