package terrace.azure.search.replicas_test

import data.terrace.azure.search.replicas
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_search_service", values)

test_fails_by_default if {
	count(replicas.deny) == 1 with input as making({})
}

test_fails_for_one if {
	count(replicas.deny) == 1 with input as making({"replica_count": 1})
}

test_passes_for_enough if {
	count(replicas.deny) == 0 with input as making({"replica_count": 2})
}
