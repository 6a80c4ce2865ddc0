package terrace.azure.signalr.pubsub_sku_test

import data.terrace.azure.signalr.pubsub_sku
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_web_pubsub", values)

test_fails_for_free if {
	count(pubsub_sku.deny) == 1 with input as making({"sku": "Free_F1"})
}

test_passes_for_standard if {
	count(pubsub_sku.deny) == 0 with input as making({"sku": "Standard_S1"})
}
