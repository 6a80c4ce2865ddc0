package terrace.azure.aks.local_accounts_test

import data.terrace.azure.aks.local_accounts
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(local_accounts.deny) == 1 with input as cluster({})
}

test_fails_when_allowed if {
	count(local_accounts.deny) == 1 with input as cluster({"local_account_disabled": false})
}

test_fails_when_unknown if {
	count(local_accounts.deny) == 1 with input as fixture.unknowns("azurerm_kubernetes_cluster", {}, {"local_account_disabled": true})
}

test_passes_when_disabled if {
	count(local_accounts.deny) == 0 with input as cluster({"local_account_disabled": true})
}
