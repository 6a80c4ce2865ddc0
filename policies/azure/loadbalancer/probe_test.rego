package terrace.azure.loadbalancer.probe_test

import data.terrace.azure.loadbalancer.probe
import data.terrace.lib.fixture

rule(values) := fixture.creates("azurerm_lb_rule", values)

test_fails_without if {
	count(probe.deny) == 1 with input as rule({})
}

test_fails_when_empty if {
	count(probe.deny) == 1 with input as rule({"probe_id": ""})
}

test_passes_with if {
	count(probe.deny) == 0 with input as rule({"probe_id": "/x"})
}

test_passes_with_one_that_is_made_now if {
	count(probe.deny) == 0 with input as fixture.unknowns("azurerm_lb_rule", {}, {"probe_id": true})
}
