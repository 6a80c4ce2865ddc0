package terrace.azure.batch.pool_zones_test

import data.terrace.azure.batch.pool_zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_batch_pool", values)

test_fails_by_default if {
	count(pool_zones.deny) == 1 with input as making({})
}

test_passes_in_several if {
	count(pool_zones.deny) == 0 with input as making({"node_placement": [{"policy": "Zonal"}]})
}
