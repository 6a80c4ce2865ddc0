package terrace.azure.search.replicas_for_indexes_test

import data.terrace.azure.search.replicas_for_indexes
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_search_service", values)

test_fails_by_default if {
	count(replicas_for_indexes.deny) == 1 with input as making({})
}

test_fails_for_one if {
	count(replicas_for_indexes.deny) == 1 with input as making({"replica_count": 1})
}

test_passes_for_enough if {
	count(replicas_for_indexes.deny) == 0 with input as making({"replica_count": 3})
}
