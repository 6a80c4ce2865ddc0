package terrace.terraform.lifecycle.drift_test

import data.terrace.terraform.lifecycle.drift

test_fails_for_a_change if {
	count(drift.deny) == 1 with input as {"resource_drift": [{"address": "azurerm_subnet.a", "type": "azurerm_subnet", "change": {"actions": ["update"]}}]}
}

test_passes_without if {
	count(drift.deny) == 0 with input as {"resource_drift": []}
}
