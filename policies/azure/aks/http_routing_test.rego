package terrace.azure.aks.http_routing_test

import data.terrace.azure.aks.http_routing
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_when_switched_on if {
	count(http_routing.deny) == 1 with input as cluster({"http_application_routing_enabled": true})
}

test_passes_with_the_default if {
	count(http_routing.deny) == 0 with input as cluster({})
}

test_passes_when_switched_off if {
	count(http_routing.deny) == 0 with input as cluster({"http_application_routing_enabled": false})
}
