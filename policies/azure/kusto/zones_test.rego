package terrace.azure.kusto.zones_test

import data.terrace.azure.kusto.zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_kusto_cluster", values)

test_fails_without if {
	count(zones.deny) == 1 with input as making({})
}

test_passes_in_two if {
	count(zones.deny) == 0 with input as making({"zones": ["1", "2"]})
}
