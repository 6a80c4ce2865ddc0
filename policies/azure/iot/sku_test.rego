package terrace.azure.iot.sku_test

import data.terrace.azure.iot.sku
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_iothub", values)

test_fails_for_free if {
	count(sku.deny) == 1 with input as making({"sku": [{"name": "F1"}]})
}

test_passes_for_standard if {
	count(sku.deny) == 0 with input as making({"sku": [{"name": "S1"}]})
}
