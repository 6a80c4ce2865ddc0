package terrace.azure.search.sku_test

import data.terrace.azure.search.sku
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_search_service", values)

test_fails_for_free if {
	count(sku.deny) == 1 with input as making({"sku": "free"})
}

test_passes_for_standard if {
	count(sku.deny) == 0 with input as making({"sku": "standard"})
}
