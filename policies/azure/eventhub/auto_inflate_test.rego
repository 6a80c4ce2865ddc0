package terrace.azure.eventhub.auto_inflate_test

import data.terrace.azure.eventhub.auto_inflate
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventhub_namespace", values)

test_fails_by_default if {
	count(auto_inflate.deny) == 1 with input as making({"sku": "Standard"})
}

test_fails_when_off if {
	count(auto_inflate.deny) == 1 with input as making({"auto_inflate_enabled": false})
}

test_passes_when_on if {
	count(auto_inflate.deny) == 0 with input as making({"sku": "Standard", "auto_inflate_enabled": true})
}

test_passes_for_premium if {
	count(auto_inflate.deny) == 0 with input as making({"sku": "Premium"})
}
