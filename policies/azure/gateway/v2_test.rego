package terrace.azure.gateway.v2_test

import data.terrace.azure.gateway.v2
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_application_gateway", values)

test_fails_of_the_first_generation if {
	count(v2.deny) == 1 with input as gateway({"sku": [{"name": "Standard_Medium", "tier": "Standard"}]})
}

test_fails_with_the_name_of_the_first_generation if {
	count(v2.deny) == 1 with input as gateway({"sku": [{"name": "WAF_Medium"}]})
}

test_passes_of_the_second if {
	count(v2.deny) == 0 with input as gateway({"sku": [{"name": "WAF_v2", "tier": "WAF_v2"}]})
}

test_passes_without_a_firewall if {
	count(v2.deny) == 0 with input as gateway({"sku": [{"name": "Standard_v2", "tier": "Standard_v2"}]})
}
