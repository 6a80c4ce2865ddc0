package terrace.azure.aks.azure_policy_test

import data.terrace.azure.aks.azure_policy
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(azure_policy.deny) == 1 with input as cluster({})
}

test_fails_when_switched_off if {
	count(azure_policy.deny) == 1 with input as cluster({"azure_policy_enabled": false})
}

test_fails_when_switched_off_in_azurerm_2 if {
	count(azure_policy.deny) == 1 with input as cluster({"addon_profile": [{"azure_policy": [{"enabled": false}]}]})
}

test_passes_when_switched_on if {
	count(azure_policy.deny) == 0 with input as cluster({"azure_policy_enabled": true})
}

test_passes_when_switched_on_in_azurerm_2 if {
	count(azure_policy.deny) == 0 with input as cluster({"addon_profile": [{"azure_policy": [{"enabled": true}]}]})
}
