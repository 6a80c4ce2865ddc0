package terrace.azure.gateway.autoscale_test

import data.terrace.azure.gateway.autoscale
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_application_gateway", values)

test_fails_without if {
	count(autoscale.deny) == 1 with input as gateway({})
}

test_fails_from_one_instance_on if {
	count(autoscale.deny) == 1 with input as gateway({"autoscale_configuration": [{"min_capacity": 1, "max_capacity": 2}]})
}

test_fails_when_unknown if {
	count(autoscale.deny) == 1 with input as fixture.unknowns("azurerm_application_gateway", {}, {"autoscale_configuration": [{"min_capacity": true}]})
}

test_passes_from_two_on if {
	count(autoscale.deny) == 0 with input as gateway({"autoscale_configuration": [{"min_capacity": 2}]})
}
