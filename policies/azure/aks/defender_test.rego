package terrace.azure.aks.defender_test

import data.terrace.azure.aks.defender
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(defender.deny) == 1 with input as cluster({})
}

test_passes_with if {
	count(defender.deny) == 0 with input as cluster({"microsoft_defender": [{"log_analytics_workspace_id": "/x"}]})
}

test_passes_with_a_workspace_that_is_made_now if {
	count(defender.deny) == 0 with input as fixture.unknowns("azurerm_kubernetes_cluster", {}, {"microsoft_defender": [{"log_analytics_workspace_id": true}]})
}
