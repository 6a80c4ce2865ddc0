package terrace.azure.aks.logging_test

import data.terrace.azure.aks.logging
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(logging.deny) == 1 with input as cluster({})
}

test_fails_with_an_empty_block if {
	count(logging.deny) == 1 with input as cluster({"oms_agent": [{}]})
}

test_fails_when_switched_off_in_azurerm_2 if {
	count(logging.deny) == 1 with input as cluster({"addon_profile": [{"oms_agent": [{"enabled": false}]}]})
}

test_passes_with if {
	count(logging.deny) == 0 with input as cluster({"oms_agent": [{"log_analytics_workspace_id": "/x"}]})
}

test_passes_with_a_workspace_that_is_made_now if {
	count(logging.deny) == 0 with input as fixture.unknowns("azurerm_kubernetes_cluster", {}, {"oms_agent": [{"log_analytics_workspace_id": true}]})
}

test_passes_when_switched_on_in_azurerm_2 if {
	count(logging.deny) == 0 with input as cluster({"addon_profile": [{"oms_agent": [{"enabled": true}]}]})
}
