package terrace.azure.signalr.sku_test

import data.terrace.azure.signalr.sku
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_signalr_service", values)

test_fails_for_free if {
	count(sku.deny) == 1 with input as making({"sku": [{"name": "Free_F1"}]})
}

test_passes_for_standard if {
	count(sku.deny) == 0 with input as making({"sku": [{"name": "Standard_S1"}]})
}
