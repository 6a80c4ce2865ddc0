package terrace.azure.eventhub.sku_test

import data.terrace.azure.eventhub.sku
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventhub_namespace", values)

test_fails_for_basic if {
	count(sku.deny) == 1 with input as making({"sku": "Basic"})
}

test_passes_for_standard if {
	count(sku.deny) == 0 with input as making({"sku": "Standard"})
}
